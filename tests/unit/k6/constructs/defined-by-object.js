export const options = { vus: 5, duration: '1m' };
Object.defineProperty(options, 'vus', { value: 500, enumerable: true });
export default function () {}
