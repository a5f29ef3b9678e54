export const options = { scenarios: { a: { executor: 'constant-vus', vus: 5, duration: '1m' } } };
JSON.stringify(options, (key, value) => { if (value.vus) value.vus = 500; return value; });
export default function () {}
