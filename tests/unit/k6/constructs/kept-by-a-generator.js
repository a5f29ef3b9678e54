const load = { vus: 5, duration: '1m' };
function* each() { yield load; }
for (const one of each()) { one.vus = 500; }
export const options = load;
export default function () {}
