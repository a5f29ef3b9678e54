import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  const id = http.get('https://api.example.com/first').json('id')
  http.get(http.url`https://api.example.com/items/${id}`)
}
