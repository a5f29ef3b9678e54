export const options = { stages: [{ duration: '1m', target: 5 }] };
Object.freeze(options).stages.push({ duration: '1m', target: 500 });
export default function () {}
