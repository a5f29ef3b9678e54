export const options = { vus: 6, duration: '1m' };
