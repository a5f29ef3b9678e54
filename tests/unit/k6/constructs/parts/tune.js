export const tune = (options) => { options.vus = 500; };
