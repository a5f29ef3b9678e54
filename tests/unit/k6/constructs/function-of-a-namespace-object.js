const load = { users: 5 };
export const options = { vus: load.users, duration: '1m' };
export function setup() { const { users } = load; return [users, load['users'], load.users + 1, 'users' in load, typeof load, !load]; }
export default function () {}
