const holder = { load: { vus: 5, duration: '1m' }, get() { return this.load; } };
holder.get().vus = 500;
export const options = holder.load;
export default function () {}
