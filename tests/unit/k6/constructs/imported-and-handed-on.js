export { load as options } from './parts/load.js';
export default function () {}
