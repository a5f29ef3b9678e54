const base = { vus: 5, duration: '1m' };
const same = (o) => o;
same(base).vus = 500;
export const options = base;
export default function () {}
