import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
function visit(pages) {
  for (const page of pages) {
    http.get(`https://www.example.com/${page}`)
  }
}
export default function () {
  visit(['a', 'b'])
  http.get('https://www.example.com/')
}
