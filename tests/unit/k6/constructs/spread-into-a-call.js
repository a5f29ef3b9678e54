const stages = [{ duration: '1m', target: 5 }];
const all = [];
all.push(...stages);
all[0].target = 500;
export const options = { stages };
export default function () {}
