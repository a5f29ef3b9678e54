const base = { vus: 5, duration: '1m' };
const get = (a, o = base) => o;
get(1).vus = 500;
export const options = { ...get(1) };
export default function () {}
