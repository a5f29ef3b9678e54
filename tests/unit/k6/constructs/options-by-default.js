export default { options: { vus: 5, duration: '1m' } };
