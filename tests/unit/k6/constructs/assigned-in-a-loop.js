export const options = { vus: 5, duration: '1m' };
for (options.vus of [500]);
export default function () {}
