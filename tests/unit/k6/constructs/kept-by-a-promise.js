const load = { vus: 5, duration: '1m' };
await Promise.resolve(load).then((o) => { o.vus = 500; });
export const options = load;
export default function () {}
