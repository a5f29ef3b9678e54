import load from './parts/load.js';
export const options = load;
export default function () {}
