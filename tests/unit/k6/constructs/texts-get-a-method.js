String.prototype.shout = function () { return this.toUpperCase(); };
export const options = { vus: Number.parseInt('5', 10), duration: '1m' };
export default function () {}
