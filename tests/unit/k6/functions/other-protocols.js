import http from 'k6/http'
import ws from 'k6/ws'
export const options = { vus: 1, duration: '1s' }
export default function () {
  ws.connect('wss://www.example.com/ticks', {}, function (socket) {
    socket.on('open', () => socket.close())
  })
  http.get('https://www.example.com/')
}
