import { load } from './parts/load.js';
load.vus = 500;
export const options = load;
export default function () {}
