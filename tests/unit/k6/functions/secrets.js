import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const API_KEY = 'k3y-very-secret-1234'
const TOKEN = __ENV.TOKEN || 'abcdef0123456789'
export default function () {
  http.post('https://api.example.com/login', JSON.stringify({ user: 'ann', password: 'hunter2' }))
  http.get(`https://api.example.com/a?api_key=${API_KEY}`, { headers: { Authorization: 'Bearer 0123456789abcdef' } })
  http.get('https://api.example.com/b?token=deadbeefdeadbeef', { headers: { 'X-Token': TOKEN } })
  console.log('hunter2', 'Bearer 0123456789abcdef', API_KEY, 'k3y-very-secret-1234')
}
