const base = { vus: 5, duration: '1m' };
export const options = base;
export function setup(base) { base.vus = 7; const options = {}; options.vus = 9; return options; }
export default function () {}
