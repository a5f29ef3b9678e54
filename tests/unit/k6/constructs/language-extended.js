Object.prototype.vus = 500;
const config = {};
export const options = { vus: config.vus || 5, duration: '1m' };
export default function () {}
