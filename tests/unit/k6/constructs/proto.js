export const options = { __proto__: { vus: 500 }, duration: '1m' };
export default function () {}
