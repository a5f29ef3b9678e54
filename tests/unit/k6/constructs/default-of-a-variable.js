export const options = { vus: parseInt(__ENV.VUS || '5', 10), duration: __ENV.DURATION ?? '1m' };
export default function () {}
