import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const BASE = __ENV.API_HOST || 'http://localhost:8080'
export default () => {
  http.get(`${BASE}/a`)
}
