import { load } from './parts/changed.js';
export const options = load;
export default function () {}
