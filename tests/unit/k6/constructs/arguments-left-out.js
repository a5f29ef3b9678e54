const load = (vus, duration = '1m', tags) => ({ vus, duration, tags });
export const options = load(5);
export default function () {}
