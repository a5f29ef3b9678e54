import { load } from './parts/nowhere.js';
export const options = load;
export default function () {}
