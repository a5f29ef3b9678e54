import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export function setup() {
  return { token: http.post('https://api.example.com/login').json('token') }
}
export default function (data) {
  http.get('https://api.example.com/me', { headers: { Authorization: `Bearer ${data.token}` } })
  http.get('https://api.example.com/open')
}
export function teardown() {}
