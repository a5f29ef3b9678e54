enum Size { Small = 5 }
export const options = { vus: Size.Small, duration: '1m' };
export default (): void => {};
