const users = (n, times = 2) => n * times;
export const options = { vus: users(5), duration: '1m' };
export default function () {}
