const base = { vus: 5, duration: '1m' };
export const options = Object.assign({}, base, { vus: 7 }, null, undefined);
export default function () {}
