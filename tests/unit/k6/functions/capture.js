import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  const login = http.post('https://api.example.com/login', JSON.stringify({ user: 'ann' }))
  const token = login.json('data.token')
  const body = JSON.parse(login.body)
  const unused = login.json('never.used')
  http.get(`https://api.example.com/users/${body.user.id}/orders`, { headers: { Authorization: `Bearer ${token}` } })
  http.post('https://api.example.com/orders', JSON.stringify({ first: login.json().orders[0], id: body.user.id }))
}
