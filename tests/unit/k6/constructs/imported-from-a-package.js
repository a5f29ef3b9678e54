import { load } from 'our-loads';
export const options = { ...load };
export default function () {}
