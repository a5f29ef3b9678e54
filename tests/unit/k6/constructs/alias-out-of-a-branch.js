const base = { vus: 5, duration: '1m' };
const get = (own) => (own ? base : { vus: 1 });
get(true).vus = 500;
export const options = { ...get(false), ...base };
export default function () {}
