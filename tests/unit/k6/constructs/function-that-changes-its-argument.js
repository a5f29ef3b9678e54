export const options = { vus: 5, duration: '1m' };
grow(options);
function grow(o) { o.vus = 500; }
export default function () {}
