const all = { options: { vus: 5, duration: '1m' } };
export const { options } = all;
export default function () {}
