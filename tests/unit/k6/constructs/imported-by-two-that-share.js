import { load } from './parts/load.js';
import * as all from './parts/load.js';
all.load.vus = 500;
export const options = load;
export default function () {}
