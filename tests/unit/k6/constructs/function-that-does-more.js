function users() { const n = 5; return n; }
export const options = { vus: users(), duration: '1m' };
export default function () {}
