import http from 'k6/http'
import { BASE } from './config'
export const list = (): void => { http.get(<string>`${BASE}/list`, { tags: { name: 'list' as string } }) }
export function setup() { return 1 }
