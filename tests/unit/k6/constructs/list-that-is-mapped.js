const stages = [{ duration: '1m', target: 5 }];
stages.map((stage) => { stage.target = 500; });
export const options = { stages };
export default function () {}
