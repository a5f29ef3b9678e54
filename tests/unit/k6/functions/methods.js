import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const URL = 'https://api.example.com/items'
export default function () {
  http.post(URL, 'text')
  http.put(`${URL}/1`, JSON.stringify({ a: 1 }), { headers: { 'Content-Type': 'application/json' } })
  http.patch(`${URL}/1`, null)
  http.del(`${URL}/1`)
  http.head(URL)
  http.options(URL)
  http.request('PROPFIND', URL)
}
