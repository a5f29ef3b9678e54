export const options = { vus: 5, duration: '1m' };
(options as any).vus = 500;
export default (): void => {};
