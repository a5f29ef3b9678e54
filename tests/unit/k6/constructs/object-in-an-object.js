const size = { small: { vus: 5 }, big: { vus: 500 } };
export const options = { ...size[__ENV.SIZE || 'small'], duration: '1m' };
export default function () {}
