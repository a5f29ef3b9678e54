import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const params = {
  headers: { Accept: 'text/html', 'X-Trace': `run-${__ENV.RUN}` },
  tags: { name: 'Front page', kind: 'page' },
  timeout: '10s',
}
export default function () {
  http.get('https://www.example.com/', params)
  http.get('https://www.example.com/a', { ...params, tags: { kind: 'other' } })
}
