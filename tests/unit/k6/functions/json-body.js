import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const user = { name: 'Ann', tags: ['a', "b's"], address: { zip: 12345, valid: true, street: null } }
export default function () {
  const payload = JSON.stringify({ ...user, amount: 1.50 })
  http.post('https://api.example.com/users', payload, { headers: { 'Content-Type': 'application/json' } })
}
