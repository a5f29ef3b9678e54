export const options = { vus: 5, duration: '1m', iterations: 3 };
delete options.iterations;
export default function () {}
