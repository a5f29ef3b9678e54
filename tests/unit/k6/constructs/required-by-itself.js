const self = require('./required-by-itself.js');
export const options = { vus: 5, duration: '1m' };
function grow() { self.options.vus = 500; }
grow();
export default function () {}
