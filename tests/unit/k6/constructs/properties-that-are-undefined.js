export const options = { vus: 5, duration: '1m', tags: undefined, rps: void 0 };
export default function () {}
