export type Size = 'small' | 'big';
export const sizes: Record<Size, number> = { small: 5, big: 500 };
