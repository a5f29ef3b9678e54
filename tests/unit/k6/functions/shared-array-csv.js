import http from 'k6/http'
import { SharedArray } from 'k6/data'
import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js'
export const options = { vus: 1, duration: '1s' }
const users = new SharedArray('users', function () {
  return papaparse.parse(open('./users.csv'), { header: true }).data
})
export default function () {
  const user = users[Math.floor(Math.random() * users.length)]
  http.post('https://api.example.com/login', JSON.stringify({ email: user.email, password: user.password }))
}
