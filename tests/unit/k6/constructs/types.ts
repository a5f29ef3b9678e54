import type { Options } from 'k6/options';
interface Load { users: number; readonly text?: string }
type Names = keyof typeof sizes;
const sizes = { small: 5, big: 500 } as const;
const pick = (name: Names, times: number = 1): number => sizes[name]! * times;
export const options: Options = { vus: pick('small'), duration: '1m' as string, tags: <Record<string, string>>{ a: 'b' } } satisfies Options;
abstract class A { private x = 1; constructor(public y: number) {} }
declare const elsewhere: number;
export default function (): void {}
