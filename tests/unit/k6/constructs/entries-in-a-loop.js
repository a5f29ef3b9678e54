const scenarios = { a: { executor: 'constant-vus', vus: 2, duration: '1m' } };
for (const [name, each] of Object.entries(scenarios)) { each.vus = 7; }
export const options = { scenarios };
export default function () {}
