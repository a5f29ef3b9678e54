const half = (n) => Math.floor(n / 2);
const quarter = (n) => half(half(n));
export const options = { vus: quarter(20), duration: `${half(120)}s` };
export default function () {}
