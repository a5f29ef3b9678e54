const base = { vus: 5, duration: '1m' };
export const options = { ...(base as object), vus: (base!.vus) } as any;
export default (): void => {};
