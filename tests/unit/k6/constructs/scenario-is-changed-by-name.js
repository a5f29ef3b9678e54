export const options = { scenarios: { a: { executor: 'constant-vus', vus: 5, duration: '1m' } } };
for (const name in options.scenarios) { options.scenarios[name].vus = 500; }
export default function () {}
