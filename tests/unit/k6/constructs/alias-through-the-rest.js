const all = { load: { vus: 5, duration: '1m' }, a: 1 };
const { a, ...rest } = all;
rest.load.vus = 500;
export const options = all.load;
export default function () {}
