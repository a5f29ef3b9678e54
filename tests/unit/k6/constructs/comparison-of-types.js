const smoke = __ENV.SMOKE || '0';
export const options = { vus: smoke == 0 ? 500 : 1, duration: '1m' };
export default function () {}
