export const options = { duration: '1m' };
options.vus ??= 500;
export default function () {}
