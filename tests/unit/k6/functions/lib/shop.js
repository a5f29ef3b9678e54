import http from 'k6/http'
import { BASE } from './config.js'
export function buy(n) {
  http.get(`${BASE}/buy/${n}`)
  if (n > more) { http.get(BASE) }
}
export default () => http.get(BASE + '/shop')
