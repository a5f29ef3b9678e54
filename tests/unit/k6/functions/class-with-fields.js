import http from 'k6/http'
export const options={vus:1,duration:'5s'}
class Api {
  client = http.get('http://127.0.0.1/init');
  static shared = http.get('http://127.0.0.1/static');
  go() { http.get('http://127.0.0.1/go') }
}
export default function () {
  const a = new Api();
  a.go();
}
