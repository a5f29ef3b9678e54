export const options = JSON.parse(open('./parts/nowhere.json'));
export default function () {}
