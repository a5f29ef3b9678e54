export const options = { vus: 5, duration: '1m' };
import { boost } from './parts/boost.js';
boost();
export default function () {}
