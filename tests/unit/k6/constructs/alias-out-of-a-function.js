const base = { vus: 5, duration: '1m' };
const get = () => base;
get().vus = 500;
export const options = { ...get() };
export default function () {}
