const undefined = 500;
export const options = { vus: undefined, duration: '1m' };
export default function () {}
