exports.options = { vus: 5, duration: '1m' };
module.exports = { default: function () {} };
