import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  const res = http.get('https://api.example.com/')
  check(res, {
    'fine': (r) => r.status === 200,
    'pattern': (r) => /ok/.test(r.body),
    'missing is true': (r) => r.json('error') === undefined,
    'waiting': (r) => r.timings.waiting < 100,
  })
}
