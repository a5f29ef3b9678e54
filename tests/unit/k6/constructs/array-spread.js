const up = [{ duration: '1m', target: 5 }];
export const options = { stages: [...up, ...[{ duration: '2m', target: 5 }], { duration: 0, target: 0 }] };
export default function () {}
