const span = (parts) => '1m';
export const options = { vus: 5, duration: span`5m` };
export default function () {}
