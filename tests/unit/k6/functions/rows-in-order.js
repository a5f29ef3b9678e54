import http from 'k6/http'
import exec from 'k6/execution'
import { SharedArray } from 'k6/data'
import { randomItem } from 'https://jslib.k6.io/k6-utils/1.2.0/index.js'
export const options = { vus: 1, duration: '1s' }
const users = JSON.parse(open('./users.json'))
const items = new SharedArray('items', () => JSON.parse(open('items.json')))
export default function () {
  http.get(`https://api.example.com/${users[exec.scenario.iterationInTest].id}/${randomItem(items).id}`)
}
