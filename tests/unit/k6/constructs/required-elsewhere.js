import { load } from './parts/load.js';
const same = require('./parts/load.js');
same.load.vus = 500;
export const options = load;
export default function () {}
