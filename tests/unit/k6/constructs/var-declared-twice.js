var users = 500;
export const options = { vus: users, duration: '1m' };
var users = 5;
export default function () {}
