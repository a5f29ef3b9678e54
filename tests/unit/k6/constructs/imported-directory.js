import { load } from './parts';
export const options = load;
export default function () {}
