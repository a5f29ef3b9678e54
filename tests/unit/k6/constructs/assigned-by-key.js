const key = 'vus';
export const options = { vus: 5, duration: '1m' };
options[key] = 500;
export default function () {}
