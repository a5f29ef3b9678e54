/* The course of the run, slice by slice: what the page has of it, and what it asks for.

   Law: a slice that is final is never asked for again; another run begins with nothing. */
const course = (() => {
  "use strict";
  const own = { run: "", names: [], labels: [], slices: [], lo: 0, hi: 0, requests: 0, failures: 0, edition: 0 };
  const heard = [];

  function forget(run) {
    Object.assign(own, { run, names: [], labels: [], slices: [], lo: 0, hi: 0, requests: 0, failures: 0 });
    own.edition += 1;
  }

  function take(told) {
    if (told.run !== own.run) forget(told.run);
    if (!told.run) return changed();
    if (told.from !== own.names.length) return forget("");
    own.names.push(...told.names);
    own.labels.push(...told.labels);
    if (!own.slices.length) {
      own.slices = told.slices;
    } else {
      const past = told.slices.slice(0, own.lo - told.lo);
      own.slices = [...past, ...own.slices.slice(0, own.hi - own.lo), ...told.slices.slice(past.length)];
    }
    const { lo, hi, requests, failures } = told;
    Object.assign(own, { lo, hi, requests, failures });
    if (told.more) live.hurry("course");
    changed();
  }

  function changed() { for (const hear of heard) hear(own); }

  function ask() {
    return own.run ? { run: own.run, names: own.names.length, lo: own.lo, hi: own.hi } : {};
  }

  /* A count as a rate: by the seconds of which there are measurements; null of too few of them. */
  const rate = (slice, count) => ((slice.s || 0) >= slice.w / 4 ? count / slice.s : null);

  /* The last slices that are whole, at least so many seconds of them. */
  function latest(seconds) {
    const found = [];
    for (let number = own.slices.length - 1, sum = 0; number >= 0 && sum < seconds; number -= 1) {
      if (number >= own.hi - own.lo || !own.slices[number].s) continue;
      found.unshift(own.slices[number]);
      sum += own.slices[number].s;
    }
    return found;
  }

  live.on("course", take, ask);
  return Object.assign(own, { rate, latest, on: (hear) => heard.push(hear) });
})();
