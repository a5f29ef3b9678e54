export const options = { vus: 5, duration: '1m' };
Reflect.set(options, 'vus', 500);
export default function () {}
