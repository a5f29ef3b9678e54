const all = { vus: 5, duration: '1m', other: { a: 1 } };
const { vus, duration } = all;
export const options = { vus, duration };
export default function () {}
