export const options = { scenarios: { a: scenario(5, '1m'), b: scenario(7, '2m', { startTime: '1m' }) } };
function scenario(vus, duration, more = {}) {
  return { executor: 'constant-vus', vus, duration, ...more };
}
export default function () {}
