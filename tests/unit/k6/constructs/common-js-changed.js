exports.options = { vus: 5, duration: '1m' };
exports.options.vus = 500;
exports.default = function () {};
