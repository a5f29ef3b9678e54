import http from 'k6/http'
export { browse } from './browse.js'
export const options = { scenarios: { a: { executor: 'constant-vus', duration: '1s', exec: 'browse' } } }
