export const options = { scenarios: { a: { executor: 'constant-vus', vus: 5, duration: '1m' } } };
export function setup() { for (const name in options.scenarios) { console.log(options.scenarios[name].vus); } return options.stages && options.stages.length; }
export default function () {}
