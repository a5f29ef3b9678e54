String.prototype.toString = () => '500';
export const options = { vus: 5, duration: `${'1m'}` };
export default function () {}
