const scenarios = { a: { executor: 'constant-vus', vus: 2, duration: '1m' } };
export const options = { scenarios: {} };
if (__ENV.ONLY) { options.scenarios[__ENV.ONLY] = scenarios[__ENV.ONLY]; } else { options.scenarios = scenarios; }
export default function () {}
