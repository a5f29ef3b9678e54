import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
const DEBUG = false
export default function () {
  const res = http.get('https://www.example.com/')
  if (res.status !== 200) {
    //   type: ignore
    console.error('"""', res.body)
    return
  }
  if (DEBUG) {
    http.get('https://www.example.com/never')
  } else {
    http.get('https://www.example.com/always')
  }
  for (let page = 0; page < 3; page++) {
    http.get(`https://www.example.com/?page=${page}`)
  }
  while (true) { sleep(1) }
}
