export const options = Object.freeze({ vus: 5, stages: Object.freeze([{ duration: '1m', target: 5 }]) });
export default function () {}
