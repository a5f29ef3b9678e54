const load = { vus: 5, duration: '1m' };
export { load as 'options' };
export default function () {}
