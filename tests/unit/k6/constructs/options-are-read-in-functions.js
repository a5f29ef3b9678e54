export const options = { vus: 5, duration: '1m', scenarios: undefined, stages: undefined, tags: { a: 'b' } };
export function setup() { console.log(options.vus, `${options.duration}`, options.duration.replace('m', '')); return { users: options.vus }; }
export function teardown() { if (options.tags && options['tags'].a === 'b') { console.log(JSON.stringify(options), Object.keys(options.tags).length); } }
export default function () {}
