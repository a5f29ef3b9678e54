import http from 'k6/http'
import { check, group, sleep } from 'k6'
export const options = { vus: 1, duration: '1s' }
export default function () {
  http.get('https://api.example.com/"""/\'\\/{x}/%7B\u2028')
  http.post('https://api.example.com/', JSON.stringify({ 'a"b': 'line\nbreak\u0000', '# coding: rot13': "'''" }), { tags: { 'x\n': '}' } })
  // import os
  unknown('import os\nos.system("true")')
}
