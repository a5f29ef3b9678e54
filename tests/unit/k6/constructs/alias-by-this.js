const base = { vus: 5, duration: '1m', grow() { this.vus = 500; } };
base.grow();
export const options = base;
export default function () {}
