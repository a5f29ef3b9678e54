class Load { vus = 5; duration = '1m'; }
export const options = new Load();
export default function () {}
