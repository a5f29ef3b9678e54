export const options: object = { vus: 5, duration: '1m' };
export default function () {}
