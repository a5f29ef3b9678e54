export const options = { VUS: 50, Duration: '10m', Tags: { Team: 'Red' } };
export default function () {}
