export * from './parts/options.js';
export * from './parts/options-too.js';
export default function () {}
