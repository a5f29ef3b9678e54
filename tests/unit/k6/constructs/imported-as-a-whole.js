import * as parts from './parts/load.js';
export const options = { ...parts.load, vus: parts.twice(parts.users) };
export default function () {}
