import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  const responses = http.batch([
    ['GET', 'https://www.example.com/a', null, { tags: { kind: 'css' } }],
    { method: 'POST', url: 'https://www.example.com/b', body: 'x' },
    'https://www.example.com/c',
  ])
  check(responses[0], { 'a is 200': (r) => r.status === 200 })
  const named = http.batch({ front: 'https://www.example.com/', back: ['GET', 'https://www.example.com/back'] })
  http.get(`https://www.example.com/x/${named.front.json('id')}`)
}
