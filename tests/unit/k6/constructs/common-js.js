const users = 5;
exports.options = { vus: users, duration: '1m' };
exports.default = function () {};
