export const BASE = __ENV.BASE || 'http://localhost:8080'
export const headers = { 'Content-Type': 'application/json', 'X-Api-Key': 'abcdef-0123456' }
