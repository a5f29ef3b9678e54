export const options = { vus: 5, duration: '1m' };
const grow = (texts, o) => { o.vus = 500; };
grow`${options}`;
export default function () {}
