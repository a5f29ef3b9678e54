console.log = (o) => { o.vus = 500; };
export const options = { vus: 5, duration: '1m' };
console.log(options);
export default function () {}
