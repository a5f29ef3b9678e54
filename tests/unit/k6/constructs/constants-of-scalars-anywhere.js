const users = 5;
const host = 'http://a';
console.log(users, host);
for (const each of [users]) { globalThis.seen = each; }
export const options = { vus: users, duration: '1m', userAgent: host };
export default function () {}
