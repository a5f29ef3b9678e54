export const options = { vus: users || 500, duration: '1m' };
var users = 5;
export default function () {}
