const base = { get tags() { this.vus = 500; return {}; }, vus: 5, duration: '1m' };
export const options = { ...base };
export default function () {}
