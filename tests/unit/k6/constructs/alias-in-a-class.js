export const options = { vus: 5, duration: '1m' };
class Holder { load = options; static twice = options; }
new Holder().load.vus = 500;
export default function () {}
