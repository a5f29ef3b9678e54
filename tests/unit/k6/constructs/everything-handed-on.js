export * from './parts/options.js';
export default function () {}
