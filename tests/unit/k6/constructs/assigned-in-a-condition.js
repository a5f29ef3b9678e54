const load = { vus: 5, duration: '1m' };
(__ENV.A || (load)).vus = 500;
export const options = load;
export default function () {}
