import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
function login(user) {
  const res = http.post('https://api.example.com/login', JSON.stringify({ user }))
  check(res, { 'logged in': (r) => r.status === 200 })
  return res.json('token')
}
const think = () => sleep(1)
export default function () {
  const token = login('ann')
  think()
  http.get('https://api.example.com/me', { headers: { Authorization: `Bearer ${token}` } })
}
