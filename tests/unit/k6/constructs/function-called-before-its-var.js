export const options = { vus: users(), duration: '1m' };
var count = 5;
function users() { return count || 500; }
export default function () {}
