outer: for (const a of [1]) { inner: { break inner; } continue outer; }
export const options = { vus: 5, duration: '1m' };
export default function () {}
