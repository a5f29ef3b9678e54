const minute = 60;
const seconds = (n) => `${n * minute}s`;
export const options = { vus: 5, duration: seconds(2) };
export default function () {}
