export const options = { vus: 5, set vus(v) {}, duration: '1m' };
export default function () {}
