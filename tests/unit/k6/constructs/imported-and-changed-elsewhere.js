import { load } from './parts/load.js';
import './parts/meddler.js';
export const options = load;
export default function () {}
