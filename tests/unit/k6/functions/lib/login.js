import http from 'k6/http'
import { check, sleep } from 'k6'
import { SharedArray } from 'k6/data'
import { BASE, headers } from './config.js'
import { list } from './api.ts'
const users = new SharedArray('users', () => JSON.parse(open('../data/users.json')))
export function login(who) {
  const u = users[__VU % users.length]
  const res = http.post(`${BASE}/login`, JSON.stringify({ who, user: u.name, password: u.pass }), { headers })
  check(res, { ok: (r) => r.status === 200 })
  return res
}
export function browse() { list(); sleep(1) }
