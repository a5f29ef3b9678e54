namespace Inner { export const options = { vus: 5, duration: '1m' }; }
export default (): void => {};
