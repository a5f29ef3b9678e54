import http from 'k6/http'
import { randomIntBetween, randomString, uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js'
export const options = { vus: 1, duration: '1s' }
export default function () {
  http.post('https://api.example.com/items', JSON.stringify({ id: uuidv4(), name: randomString(8), n: randomIntBetween(1, 9), at: Date.now() }))
  http.get(`https://api.example.com/items/${randomIntBetween(1, 100)}?at=${Date.now()}`)
}
