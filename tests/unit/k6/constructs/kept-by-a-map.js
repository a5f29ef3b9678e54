const load = { vus: 5, duration: '1m' };
const all = new Map([['a', load]]);
all.get('a').vus = 500;
export const options = load;
export default function () {}
