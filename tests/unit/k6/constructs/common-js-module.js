const options = { vus: 5, duration: '1m' };
module.exports = { options, default: function () {} };
