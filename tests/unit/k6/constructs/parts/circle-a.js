import { more } from './circle-b.js';
export const users = more;
