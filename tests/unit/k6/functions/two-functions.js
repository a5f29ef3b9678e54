import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = {
  scenarios: {
    readers: { executor: 'constant-vus', vus: 2, duration: '1s', exec: 'read' },
    writers: { executor: 'constant-vus', vus: 1, duration: '1s', exec: 'writeUser' },
  },
}
export function read() {
  http.get('https://api.example.com/items')
}
export const writeUser = () => {
  http.post('https://api.example.com/items', 'x')
}
