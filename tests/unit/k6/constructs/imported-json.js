import load from './parts/load.json';
export const options = load;
export default function () {}
