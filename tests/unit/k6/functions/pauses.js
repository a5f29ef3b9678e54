import http from 'k6/http'
import { check, group, sleep } from 'k6'
import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.2.0/index.js'
export const options = { vus: 1, duration: '1s' }
const WAIT = 2
export default function () {
  sleep(1)
  sleep(0.25)
  sleep(WAIT)
  sleep(Math.random() * 3 + 1)
  sleep(Math.random())
  sleep(randomIntBetween(1, 5))
  sleep(WAIT / 4)
}
