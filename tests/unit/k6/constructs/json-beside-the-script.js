const config = JSON.parse(open('./parts/load.json'));
export const options = { vus: config.users, stages: config.stages, thresholds: { checks: config.gates } };
export default function () {}
