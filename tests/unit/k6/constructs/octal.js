exports.options = { vus: 010, duration: '1m' };
exports.default = function () {};
