import { load } from './load.js';
load.vus = 500;
