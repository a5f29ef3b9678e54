/* The endpoints: a table of how they are now, and the choice of those that the chart of response times shows.

   Law: names are text. Rows change their order when somebody asks for it, or when an endpoint is new; never by
   themselves while somebody works in the table. */
const endpoints = (() => {
  "use strict";
  const MOST = 12;
  const CHOOSE_EVERY = 10;
  const LOOKED_AT = 30;
  const RECENT = 10;
  const COLUMNS = ["rate", "failed", "p50", "p95", "p99"];
  const rows = new Map();
  const heard = [];
  let chosen = new Set([0]);
  let edition = -1;
  let aged = 0;
  let by = { key: "p95", sign: -1 };
  const own = { shown: () => [...chosen], colors: new Map(), marked: -1, on: (hear) => heard.push(hear), paint };
  let body;
  let which;
  let filter;

  const nameOf = (track) => (track ? course.names[track] : "all requests");

  /* How an endpoint is now: over the last whole slices, and its percentiles of the last one that has it. */
  function now(track, slices) {
    let requests = 0, failed = 0, seconds = 0;
    let seen;
    for (const slice of slices) {
      requests += slice.n[track] || 0;
      failed += (slice.f.find(([number]) => number === track) || [0, 0])[1];
      seconds += slice.s;
      if (slice.n[track]) seen = slice;
    }
    const percentiles = seen ? seen.p.map((column) => column[track] ?? null) : [null, null, null];
    return { name: nameOf(track), rate: seconds ? requests / seconds : null, failed: requests ? failed / requests : null,
      p50: percentiles[0], p95: percentiles[1], p99: percentiles[2] };
  }

  const number = (value, digits) => (value === null ? "–" : value.toLocaleString("en", { maximumFractionDigits: digits }));
  const spelled = { rate: (v) => number(v, 1), failed: (v) => (v === null ? "–" : (v * 100).toFixed(v && v < 0.01 ? 2 : 1) + " %"),
    p50: (v) => number(v, 1), p95: (v) => number(v, 1), p99: (v) => number(v, 1) };

  function made(track) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", autocomplete: "off" });
    const swatch = Object.assign(document.createElement("i"), { className: "swatch" });
    const name = document.createElement("span");
    for (const part of nameOf(track).split(/(?<=[/,])/)) name.append(part, document.createElement("wbr"));
    label.append(box, swatch, name);
    head.append(label);
    const cells = COLUMNS.map(() => Object.assign(document.createElement("td"), { className: "number" }));
    row.append(head, ...cells);
    box.addEventListener("change", () => {
      which.value = "own";
      if (box.checked) chosen.add(track); else chosen.delete(track);
      changed();
    });
    for (const [event, mark] of [["pointerenter", track], ["focusin", track], ["pointerleave", -1], ["focusout", -1]]) {
      row.addEventListener(event, () => { own.marked = mark; changed(true); });
    }
    return { row, box, swatch, name, cells, told: now(track, []) };
  }

  function changed(lightly) {
    paint();
    for (const hear of heard) hear(lightly);
  }

  /* Give each endpoint that is shown a colour, and keep it as long as it is shown. */
  function paint() {
    if (!own.look) return; // they come with the charts
    const { palette, whole } = own.look;
    for (const track of [...own.colors.keys()]) if (!chosen.has(track)) own.colors.delete(track);
    for (const track of chosen) {
      if (own.colors.has(track)) continue;
      const used = [...own.colors.values()];
      own.colors.set(track, track ? palette.find((color) => !used.includes(color)) || palette[track % palette.length] : whole);
    }
    for (const [track, one] of rows) {
      const color = own.colors.get(track);
      one.swatch.style.background = color ? drawing.tint(color) : "transparent";
      if (one.box.checked !== chosen.has(track)) one.box.checked = chosen.has(track);
      one.row.classList.toggle("marked", own.marked === track);
    }
  }

  /* Choose again by what is asked for: all requests, and the first of a ranking. */
  function choose() {
    const way = which.value;
    if (way === "own") return;
    const tracks = course.names.map((_, track) => track).slice(1);
    if (way === "all") {
      chosen = new Set([0, ...tracks]);
      return;
    }
    const slices = course.slices.slice(-LOOKED_AT);
    const weights = new Map(tracks.map((track) => [track, weigh(track, way, slices)]));
    const ranked = tracks.filter((track) => weights.get(track) > 0).sort((a, b) => weights.get(b) - weights.get(a));
    chosen = new Set([0, ...ranked.slice(0, MOST)]);
  }

  function weigh(track, way, slices) {
    if (way === "slowest") return Math.max(0, ...slices.map((slice) => slice.p[1][track] || 0));
    if (way === "used") return slices.reduce((sum, slice) => sum + (slice.n[track] || 0), 0);
    return slices.reduce((sum, slice) => sum + (slice.f.find(([number]) => number === track) || [0, 0])[1], 0);
  }

  function order() {
    const found = [...rows].slice(1);
    const value = (one) => one.told[by.key];
    found.sort(([, a], [, b]) => {
      if (by.key === "name") return by.sign * a.told.name.localeCompare(b.told.name);
      if (value(a) === null || value(b) === null) return (value(a) === null) - (value(b) === null);
      return by.sign * (value(a) - value(b));
    });
    body.append(...[...rows].slice(0, 1).map(([, one]) => one.row), ...found.map(([, one]) => one.row));
  }

  function sift() {
    const part = filter.value.trim().toLowerCase();
    let seen = 0;
    for (const one of rows.values()) {
      one.row.hidden = !one.told.name.toLowerCase().includes(part);
      seen += !one.row.hidden;
    }
    const rest = rows.size - seen;
    live.put(live.byId("endpoints-rest"), part ? `${seen} found, ${rest} hidden by what is looked for.` : rows.size > 1 ? `${rows.size - 1} endpoints; ${chosen.size} lines are shown.` : "");
  }

  function take() {
    const fresh = course.edition !== edition;
    if (fresh) {
      edition = course.edition;
      rows.clear();
      own.colors.clear();
      body.replaceChildren();
      chosen = new Set([0]);
      if (which.value === "own") which.value = "slowest";
      aged = 0;
    }
    const isNew = course.names.length !== rows.size;
    for (let track = rows.size; track < course.names.length; track += 1) rows.set(track, made(track));
    const slices = course.latest(RECENT);
    for (const [track, one] of rows) {
      one.told = now(track, slices);
      COLUMNS.forEach((key, column) => live.put(one.cells[column], spelled[key](one.told[key])));
      one.row.classList.toggle("failing", Boolean(one.told.failed));
    }
    if (isNew || aged % CHOOSE_EVERY === 0) choose();
    if (isNew || (aged < CHOOSE_EVERY && !body.contains(document.activeElement))) order();
    aged += 1;
    sift();
    changed();
  }

  addEventListener("DOMContentLoaded", () => {
    body = document.querySelector("#endpoints tbody");
    which = live.byId("which");
    filter = live.byId("filter");
    which.addEventListener("change", () => { choose(); sift(); changed(); });
    filter.addEventListener("input", sift);
    for (const button of document.querySelectorAll("#endpoints th button")) {
      button.addEventListener("click", () => {
        const heading = button.closest("th");
        const key = heading.dataset.by;
        by = { key, sign: by.key === key ? -by.sign : key === "name" ? 1 : -1 };
        for (const other of heading.parentElement.children) other.ariaSort = "none";
        heading.ariaSort = by.sign > 0 ? "ascending" : "descending";
        order();
      });
    }
    course.on(take);
  });
  return own;
})();
