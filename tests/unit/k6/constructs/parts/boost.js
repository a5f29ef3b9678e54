import { options } from '../dynamic-import-of-itself.js';
export function boost() { options.vus = 500; }
