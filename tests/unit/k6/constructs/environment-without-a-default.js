export const options = { vus: __ENV.VUS, duration: '1m' };
export default function () {}
