const config = { load: { vus: 5 } };
export const options = { vus: config?.load?.['vus'], duration: config.more?.duration || '1m' };
export default function () {}
