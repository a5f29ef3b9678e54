export { options } from './ring-a.js';
