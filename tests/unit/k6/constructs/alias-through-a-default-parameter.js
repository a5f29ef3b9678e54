const base = { vus: 5, duration: '1m' };
function grow(o = base) { o.vus = 500; }
grow();
export const options = base;
export default function () {}
