export const options = { stages: [{ duration: '1m', target: 5 }] };
const { stages } = options;
stages.push({ duration: '9m', target: 500 });
export default function () {}
