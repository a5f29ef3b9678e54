"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.default = exports_default;
exports.options = void 0;
exports.options = { vus: 5, duration: '1m' };
function exports_default() {}
