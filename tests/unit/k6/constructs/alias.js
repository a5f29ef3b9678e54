export const options = { vus: 5, duration: '1m' };
let other;
other = options;
other.vus = 500;
export default function () {}
