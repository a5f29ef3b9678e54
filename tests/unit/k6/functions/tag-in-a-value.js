import http from 'k6/http'
import exec from 'k6/execution'

export const options = { vus: 1, duration: '5s' }

export default function () {
  const area = exec.vu.tags['area'] = 'shop'
  exec.vu.tags.page = 'home'
  http.get('http://127.0.0.1/home')
}
