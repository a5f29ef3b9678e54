import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default async function () {
  const res = await http.asyncRequest('GET', 'https://www.example.com/a')
  check(res, { ok: (r) => r.status === 200 })
  const [one, two] = await Promise.all([
    http.asyncRequest('GET', 'https://www.example.com/b'),
    http.asyncRequest('POST', 'https://www.example.com/c', 'x'),
  ])
  check(two, { 'two is fine': (r) => r.status === 201 })
}
