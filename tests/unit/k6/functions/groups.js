import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  group('browse # noqa', () => {
    http.get('https://www.example.com/')
    group('details', function () {
      http.get('https://www.example.com/1')
      sleep(1)
    })
  })
  http.get('https://www.example.com/end')
}
