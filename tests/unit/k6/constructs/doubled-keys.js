export const options = { vus: 5, VUS: 50, duration: '1m' };
export default function () {}
