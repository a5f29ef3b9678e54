var users = 5;
var load = { vus: users, duration: '1m' };
export var options = load;
export default function () {}
