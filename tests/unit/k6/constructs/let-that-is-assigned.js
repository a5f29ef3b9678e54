let users = 5;
if (__ENV.BIG === undefined) users = 500;
export const options = { vus: users, duration: '1m' };
export default function () {}
