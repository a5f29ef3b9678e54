export const options = { vus: Math.max(1, Math.min(5, 10)), duration: `${Math.ceil(59.2)}s` };
export default function () {}
