export const load = { vus: 5, duration: '1m' };
load.vus = 500;
