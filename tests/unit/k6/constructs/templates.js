const minutes = 5;
export const options = { vus: 5, duration: `${minutes}m${minutes * 2}s`, tags: { text: `a
\${b}${'c' + `d${1}`}` } };
export default function () {}
