import { users } from './circle-a.js';
export const more = users;
