import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const users = [{ name: 'ann', password: 'hunter2' }, { name: 'bob', password: 'letmein' }]
export default function () {
  const user = users[__ITER % users.length]
  http.get(`https://api.example.com/${user.name}`)
}
