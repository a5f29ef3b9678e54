const all = { load: { vus: 5, duration: '1m' }, more: { stages: [] } };
const { load, ...others } = all;
others.more.stages.push({ duration: '1m', target: 5 });
export const options = { ...load, ...all.more };
export default function () {}
