export const options = { vus: 5, duration: '1m', tags: { a: `${0.1 + 0.2}`, b: `${1e21}`, c: `${1e-7}`, d: String(1.50), e: '' + 2 ** 53, f: `${-0}` } };
export default function () {}
