import { load, users as count } from './parts/load.js';
export const options = { ...load, vus: count };
export default function () {}
