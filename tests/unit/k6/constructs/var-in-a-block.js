if (__ENV.SMALL) { var users = 5; }
export const options = { vus: users || 500, duration: '1m' };
export default function () {}
