export const options = { vus: Number(__ENV.VUS) || 5, duration: isLong() ? '2m' : '1m' };
function isLong() { return !!__ENV.LONG; }
export default function () {}
