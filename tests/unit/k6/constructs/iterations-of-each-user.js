export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 5, iterations: 20, maxDuration: '30s' } } };
export default function () {}
