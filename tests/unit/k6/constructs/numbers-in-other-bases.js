export const options = { vus: 0x10, duration: '1m', rps: 0b1010, batch: 0o17, batchPerHost: 1_000, maxRedirects: 1e1 };
export default function () {}
