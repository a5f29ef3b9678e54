import { load } from 'https://example.com/load.js';
export const options = load;
export default function () {}
