const size = __ENV.SIZE || 'small';
export const options = { vus: size === 'big' ? 500 : size !== 'small' ? 50 : 5, duration: '1m' };
export default function () {}
