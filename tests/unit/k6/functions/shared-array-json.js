import http from 'k6/http'
import { SharedArray } from 'k6/data'
export const options = { vus: 1, duration: '1s' }
const accounts = new SharedArray('accounts', () => JSON.parse(open('./data/accounts.json')))
export default function () {
  const { name } = accounts[(__VU - 1) % accounts.length]
  http.get(`https://api.example.com/users/${name}`)
}
