const { vus = 5, duration = '1m' } = {};
export const options = { vus, duration };
export default function () {}
