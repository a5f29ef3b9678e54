import { users } from './parts/circle-a.js';
export const options = { vus: users, duration: '1m' };
export default function () {}
