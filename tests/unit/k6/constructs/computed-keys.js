const name = 'feed';
export const options = { vus: 1, duration: '1m', thresholds: { [`http_req_duration{name:/${name}}`]: ['p(95)<400'], ['check' + 's']: ['rate>0.9'] } };
export default function () {}
