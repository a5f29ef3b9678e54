export { options } from './ring-b.js';
