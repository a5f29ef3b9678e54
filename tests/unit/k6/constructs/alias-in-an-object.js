const base = { vus: 5, duration: '1m' };
const all = { base };
all.base.vus = 500;
export const options = base;
export default function () {}
