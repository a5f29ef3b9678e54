const config = { vus: 0, duration: null };
export const options = { vus: (config.vus || config.none) ?? 5, duration: config?.duration ?? config?.span?.long ?? '1m' };
export default function () {}
