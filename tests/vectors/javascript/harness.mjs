// What every recording needs: chance that is replayed, a clock that is turned by hand, and the packages.
//
// Law: nothing here knows a formula of any client.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const here = createRequire(import.meta.url);
const uniforms = JSON.parse(readFileSync(new URL("../uniforms.json", import.meta.url), "utf8"));
let drawn = 0;

/** Replace Math.random by the recorded sequence; a sequence that ends is an error, not a repetition. */
Math.random = () => {
  if (drawn >= uniforms.length) throw new Error("the recorded sequence of random numbers is used up");
  return uniforms[drawn++];
};

/** Begin the sequence again. */
export function rewind() {
  drawn = 0;
}

export function load(name) {
  return here(name);
}

/** Load a package as a page does that is opened again: its module level runs again. */
export function reload(name) {
  delete here.cache[here.resolve(name)];
  return here(name);
}

export function versionOf(name) {
  for (const folder of here.resolve.paths(name)) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
    } catch {
      // not in this folder
    }
  }
  throw new Error(`${name} is not installed`);
}

/** Let everything happen that waits for no timer. */
export async function settle() {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands still until it is turned; `waits` are the delays of all timers as they were started, `last` is
 * the timer that ran last. */
export class Clock {
  constructor() {
    this.now = 0;
    this.timers = [];
    this.waits = [];
    this.last = null;
    this.real = {};
  }

  install() {
    const start = (run, delay = 0, repeat = false) => {
      const timer = { run, delay, repeat, startedAt: this.now, at: this.now + delay };
      timer.ref = timer.unref = () => timer;
      this.waits.push(delay);
      this.timers.push(timer);
      return timer;
    };
    const stop = (timer) => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
    const replacements = {
      setTimeout: (run, delay, ...rest) => start(() => run(...rest), delay),
      setInterval: (run, delay, ...rest) => start(() => run(...rest), delay, true),
      clearTimeout: stop,
      clearInterval: stop,
    };
    for (const [name, replacement] of Object.entries(replacements)) {
      this.real[name] = globalThis[name];
      globalThis[name] = replacement;
    }
    return this;
  }

  uninstall() {
    Object.assign(globalThis, this.real);
  }

  /** Run the timer that is due next; return whether there was one. */
  async turn() {
    const timer = this.timers.reduce((first, one) => (first && first.at <= one.at ? first : one), null);
    if (!timer) return false;
    this.now = timer.at;
    this.last = timer;
    if (timer.repeat) timer.at += timer.delay;
    else this.timers = this.timers.filter((one) => one !== timer);
    timer.run();
    await settle();
    return true;
  }
}

/** Run `body` under a clock of its own. */
export async function clocked(body) {
  const clock = new Clock().install();
  try {
    return await body(clock);
  } finally {
    clock.uninstall();
  }
}

/** Turn the clock until `count` timers were started or none is left; null stands for the end. */
export async function waitsOf(clock, count) {
  await settle();
  while (clock.waits.length < count && (await clock.turn()));
  const waits = clock.waits.slice(0, count);
  return waits.length < count ? [...waits, null] : waits;
}
