export const options = { get vus() { return 500; }, duration: '1m' };
export default function () {}
