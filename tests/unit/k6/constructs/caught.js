const load = { vus: 5, duration: '1m' };
try { throw load; } catch (error) { error.vus = 500; }
export const options = load;
export default function () {}
