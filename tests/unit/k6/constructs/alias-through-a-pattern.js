const all = { load: { vus: 5, duration: '1m' } };
const { load: other } = all;
other.vus = 500;
export const options = all.load;
export default function () {}
