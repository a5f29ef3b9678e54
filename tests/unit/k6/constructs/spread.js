const base = { vus: 5, duration: '1m' };
export const options = { tags: { a: 'b' }, ...base, ...null, vus: 7, ...{ ...base, duration: '2m' } };
export default function () {}
