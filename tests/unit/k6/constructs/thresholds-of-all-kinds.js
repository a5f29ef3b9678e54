export const options = { vus: 5, duration: '1m', thresholds: { http_req_failed: ['rate<0.01', { threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' }], 'http_req_duration{name:/a}': ['p(95)<400'], 'http_reqs': ['count>5'] } };
export default function () {}
