export const options = { scenarios: { a: { executor: 'shared-iterations', vus: 5, iterations: 200 } } };
export default function () {}
