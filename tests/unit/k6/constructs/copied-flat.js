const base = { vus: 5, duration: '1m', thresholds: { http_req_failed: ['rate<0.5'] } };
const strict = { ...base };
strict.thresholds.http_req_failed = ['rate<0.001'];
export const options = base;
export default function () {}
