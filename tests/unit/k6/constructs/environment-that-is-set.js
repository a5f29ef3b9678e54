__ENV.VUS = '500';
export const options = { vus: __ENV.VUS || 5, duration: '1m' };
export default function () {}
