exports.options = { vus: 5, duration: '1m' };
this.options.vus = 500;
exports.default = function () {};
