import { login } from './lib/login.js'
import shop, { buy as purchase } from './lib/shop.js'
import * as api from './lib/api.ts'
import { gone } from './lib/nowhere.js'
export { browse } from './lib/login.js'
export { setup } from './lib/api.ts'
export const options = {
  scenarios: {
    a: { executor: 'constant-vus', vus: 1, duration: '1s', exec: 'browse' },
    b: { executor: 'constant-vus', vus: 1, duration: '1s' },
  },
}
export default function () {
  login('ann')
  purchase(3)
  api.list()
  shop()
  gone()
}
