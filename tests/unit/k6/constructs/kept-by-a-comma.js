const load = { vus: 5, duration: '1m' };
(0, load).vus = 500;
export const options = load;
export default function () {}
