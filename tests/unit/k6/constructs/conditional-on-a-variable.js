const shared = { duration: '1m' };
export const options = __ENV.BIG ? { ...shared, vus: 500 } : { ...shared, vus: 5 };
export default function () {}
