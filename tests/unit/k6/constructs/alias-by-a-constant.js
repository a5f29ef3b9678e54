export const options = { vus: 5, duration: '1m' };
const other = options;
other.vus = 500;
export default function () {}
