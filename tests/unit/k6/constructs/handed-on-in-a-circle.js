export { options } from './parts/ring-a.js';
export default function () {}
