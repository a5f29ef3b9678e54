import * as self from './imported-by-itself.js';
export const options = { vus: 5, duration: '1m' };
self.options.vus = 500;
export default function () {}
