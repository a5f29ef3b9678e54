import { sizes, type Size } from './parts/sizes.ts';
const size: Size = 'small';
export const options = { vus: sizes[size], duration: '1m' };
export default function () {}
