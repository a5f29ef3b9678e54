import { tune } from './parts/tune.js';
export const options = { vus: 5, duration: '1m' };
tune(options);
export default function () {}
