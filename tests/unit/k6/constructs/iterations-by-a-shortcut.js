export const options = { vus: 5, iterations: 20 };
export default function () {}
