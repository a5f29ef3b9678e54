let a = { vus: 5, duration: '1m' }, b = { vus: 500, duration: '1m' };
[a, b] = [b, a];
export const options = a;
export default function () {}
