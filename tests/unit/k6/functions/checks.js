import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  const res = http.get('https://api.example.com/items')
  check(res, {
    'status is 200': (r) => r.status === 200,
    'is fine': (r) => r.status >= 200 && r.status < 300,
    'one of': (r) => [200, 201].includes(r.status),
    'has text': (r) => r.body.includes('Welcome "you"'),
    'index of': (r) => r.body.indexOf('items') !== -1,
    'not empty': (r) => r.body.length > 0,
    'in time': (r) => r.timings.duration < 500,
    'json path': (r) => r.json('data.0.id') === 7,
    'json member': (r) => r.json().data.length > 1,
    'json there': (r) => r.json('token') !== undefined,
    'json true': (r) => r.json('ok'),
    'parsed': (r) => JSON.parse(r.body).ok === true,
    'header': (r) => r.headers['Content-Type'].includes('json'),
    'no error': (r) => !r.body.includes('error'),
    'in a block': function (r) {
      return r.status == 200
    },
    'outside': res.status === 200,
  })
}
