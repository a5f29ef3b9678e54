const stages = [{ duration: '1m', target: 5 }];
stages.push({ duration: '1m', target: 500 });
export const options = { stages };
export default function () {}
