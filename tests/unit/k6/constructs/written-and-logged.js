export const options = { vus: 5, stages: undefined, duration: '1m' };
console.log(JSON.stringify(options, null, 2), `${options.vus} ${options}`);
export function handleSummary() { return { 'a.json': JSON.stringify(options, null, '  ') }; }
export default function () {}
