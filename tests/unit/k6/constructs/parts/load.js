export const users = 5;
export const load = { duration: '1m', tags: { from: 'parts' } };
export const twice = (n) => n * 2;
export function staged(target, duration) { return [{ duration, target }, { duration, target: 0 }]; }
export default { vus: users, ...{ duration: '2m' } };
