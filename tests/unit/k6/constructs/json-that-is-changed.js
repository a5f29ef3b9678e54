const config = JSON.parse(open('./parts/load.json'));
config.users = 500;
export const options = { vus: config.users, duration: '1m' };
export default function () {}
