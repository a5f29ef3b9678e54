import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const BASE = __ENV.BASE_URL
export default function () {
  http.get(`${BASE}/a`)
  http.get(BASE + '/b?x=' + 5)
  http.get(`${BASE}`)
}
