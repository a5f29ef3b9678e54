import http from 'k6/http'
import { Counter, Gauge, Rate, Trend } from 'k6/metrics'
export const options = { vus: 1, duration: '1s' }
const latency = new Trend('latency')
const failures = new Rate('failures')
const sent = new Counter('sent')
const size = new Gauge('size')
export default function () {
  const res = http.get('https://www.example.com/')
  latency.add(res.timings.duration)
  failures.add(res.status !== 200, { page: 'front' })
  sent.add(1)
  size.add(res.body.length)
  size.add(res.json('size'))
}
