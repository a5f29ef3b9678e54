import { twice, staged } from './parts/load.js';
export const options = { stages: staged(twice(5), '1m') };
export default function () {}
