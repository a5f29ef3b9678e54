import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
let token
export default function () {
  let res = http.get('https://www.example.com/a')
  check(res, { ok: (r) => r.status === 200 })
  res = http.get('https://www.example.com/b')
  token = res.json('token')
  http.get(`https://www.example.com/c/${token}`)
}
