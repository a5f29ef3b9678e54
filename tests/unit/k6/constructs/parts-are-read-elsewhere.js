const config = { host: 'http://a', vus: 5, stages: [{ duration: '1m', target: 5 }] };
export const options = { stages: config.stages };
export function setup() { return config.host + config.stages.length + config.stages[0].target; }
export default function () {}
