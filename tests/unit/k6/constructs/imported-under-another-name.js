import { options as inherited } from './parts/options.js';
export const options = { ...inherited, vus: 7 };
export default function () {}
