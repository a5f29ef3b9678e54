export const options = { SCENARIOS: { Main: { Executor: 'ramping-vus', STARTVUS: 3, Stages: [{ Duration: '1m', TARGET: 5 }] } }, Thresholds: { checks: [{ Threshold: 'rate>0.9', ABORTONFAIL: true }] } };
export default function () {}
