const smoke = Boolean(__ENV.SMOKE);
export const options = { vus: smoke === false ? 100 : 1, duration: '1m' };
export default function () {}
