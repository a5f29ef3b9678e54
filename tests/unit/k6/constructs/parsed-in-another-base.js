export const options = { vus: parseInt('12', 16), duration: '1m' };
export default function () {}
