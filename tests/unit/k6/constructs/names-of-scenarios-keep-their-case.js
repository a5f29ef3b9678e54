export const options = { scenarios: { VUS: { executor: 'constant-vus', vus: 5, duration: '1m', tags: { Duration: 'x' }, env: { VUs: '1' } } } };
export default function () {}
