export const options = { vus: 5, duration: '\x31m', tags: { 'caf\u00e9': '\u{1F600}', "it's": `\``, 'two\
lines': '' } };
export default function () {}
