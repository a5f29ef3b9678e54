import { load } from './parts/again.js';
export { load as options };
export default function () {}
