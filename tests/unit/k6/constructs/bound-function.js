const load = { vus: 5, duration: '1m' };
(function () { this.vus = 500; }).call(load);
export const options = load;
export default function () {}
