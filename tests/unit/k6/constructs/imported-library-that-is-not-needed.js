import { uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import faker from 'k6/x/faker';
export const options = { vus: 5, duration: '1m' };
export default function () {}
