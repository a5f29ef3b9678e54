export const options = { vus: 5, duration: '1m' };
opti\u006fns.vus = 500;
export default function () {}
