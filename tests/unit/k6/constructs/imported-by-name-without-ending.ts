import { sizes } from './parts/sizes';
export const options = { vus: sizes.big, duration: '1m' };
export default function () {}
