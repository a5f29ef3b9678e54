/* The charts of the live page: fills those that Python has made with the slices of the run, and draws what is in sight.

   Law: a chart that is not in sight is not drawn, and drawing takes a fifth of the time at the most. Plotly's script is
   loaded after the page has been painted. Labels that Plotly reads come from Python, escaped. */
const liveCharts = (() => {
  "use strict";
  const SHARE = 5;
  const MANY = 12;
  const IN_SIGHT = 2.5;
  const MOST_LINES = 12;
  const PERCENTILES = ["p50", "p95", "p99"];
  const START = Date.UTC(1970, 0, 1);
  const inSight = new Set();
  const drawn = new Map();
  let look = null;
  let frame = { run: "", seconds: 60, xaxis: {}, shapes: [], annotations: [], limits: [], planned: [], due: [] };
  let plots = [];
  let due = 0;
  let ends = null;
  let when = "now";

  const moment = (seconds) => new Date(START + Math.round(seconds * 1000)).toISOString().slice(0, -1).replace("T", " ");

  /* The seconds that are shown: from and to. */
  function span() {
    const shown = live.byId("window").value;
    const end = frame.seconds;
    if (shown === "end") return [0, Math.max(end, ends || 0)];
    return [Number(shown) ? Math.max(0, end - Number(shown)) : 0, end];
  }

  /* The slices of that time; one in which nothing was told, since it was told a moment later, is not a gap. */
  function seen([start, end]) {
    return course.slices.filter((slice) => slice.t + slice.w >= start && slice.t <= end && course.rate(slice, 1) !== null);
  }

  const failed = (slice, track) => (slice.f.find(([number]) => number === track) || [0, 0])[1];
  const FILLS = {
    rate: (slice) => course.rate(slice, slice.n[0] || 0),
    failed: (slice) => course.rate(slice, failed(slice, 0)),
    users: (slice) => slice.u ?? null,
    begun: (slice) => ("b" in slice ? course.rate(slice, slice.b) : null),
    dropped: (slice) => ("d" in slice ? course.rate(slice, slice.d) : null),
    late: (slice) => slice.a ?? null,
    lag: (slice) => slice.l ?? null,
    cpu: (slice) => slice.c ?? null,
  };

  /* Lines that break where there is no value; one that stands alone is a dot. */
  function alone(values) {
    return values.some((value, n) => value !== null && (values[n - 1] ?? null) === null && (values[n + 1] ?? null) === null);
  }

  const dots = (values) => values.map((value, n) => (value !== null && (values[n - 1] ?? null) === null && (values[n + 1] ?? null) === null ? 5 : 0));

  function filled(trace, slices, [start, end]) {
    const points = {
      planned: frame.planned, due: frame.due, across: [[start, trace.at], [end, trace.at]],
    }[trace.fills];
    if (points) return { ...trace, x: points.map(([at]) => moment(at)), y: points.map(([, level]) => level), mode: "lines" };
    const x = slices.map((slice) => moment(slice.t + slice.w / 2));
    const y = slices.map(FILLS[trace.fills]);
    if (trace.type === "bar") return { ...trace, x, y, width: slices.map((slice) => slice.w * 900) };
    return { ...trace, x, y, mode: "lines" };
  }

  /* One line for each percentile of each endpoint that is shown. */
  function lines(slices) {
    const chosen = [...document.querySelectorAll("input[name=percentile]:checked")].map((box) => Number(box.value));
    const x = slices.map((slice) => moment(slice.t + slice.w / 2));
    const tracks = endpoints.shown().sort((a, b) => (b === 0) - (a === 0));
    return tracks.flatMap((track) => chosen.map((column) => {
      const y = slices.map((slice) => slice.p[column][track] ?? null);
      const color = endpoints.colors.get(track);
      const name = track ? course.labels[track] : "all requests";
      const faded = endpoints.marked >= 0 && endpoints.marked !== track;
      return {
        type: "scatter", x, y, name: chosen.length > 1 ? `${name} ${PERCENTILES[column]}` : name,
        mode: alone(y) ? "lines+markers" : "lines", opacity: faded ? 0.2 : 1, marker: { size: dots(y), color, opacity: 1, line: { width: 0 } },
        line: { color, width: track === 0 || endpoints.marked === track ? 3 : 1.5, dash: chosen.length > 1 ? look.dashes[PERCENTILES[column]] : "solid" },
        hovertemplate: "%{y:,.4~g} ms",
      };
    }));
  }

  /* The thresholds on what is shown, as lines across the run or across their phase. */
  function limits(chosen) {
    if (!live.byId("limits").checked) return [];
    const names = new Set(endpoints.shown().map((track) => (track ? course.names[track] : "")));
    const shown = [...chosen].map((column) => [50, 95, 99][column]);
    const fits = (name) => !name || names.has(name) || (name.endsWith("*") && [...names].some((one) => one.startsWith(name.slice(0, -1))));
    return frame.limits.filter(({ name, percent }) => fits(name) && (percent === null || ![50, 95, 99].includes(percent) || shown.includes(percent))).slice(0, MOST_LINES);
  }

  function limitLines(found, highest, logarithmic) {
    const inside = found.filter(({ bound }) => bound > 0 && bound <= IN_SIGHT * highest);
    const height = (bound) => (logarithmic ? Math.log10(bound) : bound);
    const shapes = inside.flatMap(({ bound, text, spans, failed: broken }) => {
      const places = spans.length ? spans.map(([x0, x1]) => ({ xref: "x", x0: x0 * 1000, x1: x1 * 1000 })) : [{ xref: "paper", x0: 0, x1: 1 }];
      return places.map((place, number) => ({
        type: "line", yref: "y", ...place, y0: bound, y1: bound, line: { color: look.limit, width: broken ? 2 : 1.25, dash: "dash" },
        label: { text: number ? "" : text, textposition: "start", xanchor: "left", yanchor: "bottom", font: { size: 11, color: look.limit } },
      }));
    });
    return { shapes, outside: found.length - inside.length, top: Math.max(0, ...inside.map(({ bound }) => bound)), height };
  }

  const spelled = (value, digits = 1) => value.toLocaleString("en", { maximumFractionDigits: digits });

  function figure(name) {
    const chart = look.charts[name];
    const range = span();
    const slices = seen(range);
    const layout = {
      ...chart.layout,
      xaxis: { ...chart.layout.xaxis, ...frame.xaxis, range: [range[0] * 1000, range[1] * 1000] },
      shapes: [...frame.shapes],
      annotations: frame.annotations.map((one) => ({ ...one })),
    };
    const data = name === "latency" ? lines(slices) : chart.data.map((trace) => filled(trace, slices, range));
    let says = sentences[name](slices);
    if (name === "latency") {
      const logarithmic = live.byId("logarithmic").checked;
      const highest = data.reduce((most, trace) => trace.y.reduce((a, b) => Math.max(a, b ?? 0), most), 0);
      const columns = [...document.querySelectorAll("input[name=percentile]:checked")].map((box) => Number(box.value));
      const { shapes, outside, top } = limitLines(limits(columns), highest, logarithmic);
      layout.shapes.push(...shapes);
      layout.hovermode = data.length > MANY ? "closest" : "x unified";
      const upper = Math.max(highest, top) * 1.08 || 1;
      layout.yaxis = { ...layout.yaxis, ...(logarithmic ? { type: "log" } : { type: "linear", range: [0, upper] }) };
      if (outside) says += ` ${outside === 1 ? "One threshold lies" : outside + " thresholds lie"} far above the lines.`;
    }
    return { ...chart, data, layout, says: [says], revision: `${course.run} ${live.byId("window").value}` };
  }

  const last = (slices, read) => { for (let n = slices.length - 1; n >= 0; n -= 1) { const v = read(slices[n]); if (v !== null) return v; } return null; };
  const sentences = {
    load(slices) {
      const now = last(slices, FILLS.rate);
      const broken = last(slices, FILLS.failed);
      return now === null ? "No requests yet." : `${spelled(now)} requests a second ${when}, of which ${spelled(broken || 0)} fail.`;
    },
    users(slices) {
      const now = last(slices, FILLS.users);
      const at = slices.length ? slices[slices.length - 1].t : 0;
      const next = frame.planned.findLast ? frame.planned.findLast(([t]) => t <= at) : null;
      return now === null ? "No users yet." : `${spelled(now, 0)} users ${when}${next ? `, ${spelled(next[1], 0)} planned` : ""}.`;
    },
    latency(slices) {
      const all = last(slices, (slice) => slice.p[1][0] ?? null);
      return all === null ? "No response times yet." : `p95 of all requests is ${spelled(all)} ms ${when}.`;
    },
    arrivals(slices) {
      const sum = (key) => course.slices.reduce((total, slice) => total + (slice[key] || 0), 0);
      const late = last(slices, FILLS.late);
      return `${spelled(sum("b"), 0)} begun, ${spelled(sum("d"), 0)} dropped; late by ${late === null ? "–" : spelled(late)} ms at p99 ${when}.`;
    },
    lag(slices) {
      const now = last(slices, FILLS.lag);
      return now === null ? "Not measured yet." : `${spelled(now)} ms at p99 ${when}.`;
    },
    cpu(slices) {
      const now = last(slices, FILLS.cpu);
      return now === null ? "Not measured yet." : `${spelled(now, 0)} % of a core ${when}, by the busiest process.`;
    },
  };

  /* Draw a chart, unless it is hidden; Plotly keeps what somebody has zoomed into. */
  function draw(plot) {
    if (!look || !window.Plotly || !plot.clientWidth || endpoints.shown().some((track) => !endpoints.colors.has(track))) return;
    const name = plot.dataset.chart;
    const chart = figure(name);
    const done = drawing.draw(plot, chart);
    if (!drawn.has(plot) && plot.dataset.time !== undefined) drawing.follow(plot, plots);
    drawn.set(plot, true);
    return done;
  }

  /* Draw all that is in sight; the longer that takes, the longer it waits for the next time. */
  function redraw(at_once) {
    if (document.hidden || (!at_once && performance.now() < due)) return;
    const began = performance.now();
    for (const plot of plots) if (inSight.has(plot)) draw(plot);
    due = performance.now() + Math.max(900, (SHARE - 1) * (performance.now() - began));
  }

  function soon(lightly) {
    const latency = plots.find((plot) => plot.dataset.chart === "latency");
    if (lightly && latency && inSight.has(latency) && endpoints.shown().length < 40) draw(latency);
    else if (!lightly) redraw(false);
  }

  async function begin() {
    look = await (await fetch(document.documentElement.dataset.charts)).json();
    drawing.dark = look.dark;
    endpoints.look = look;
    endpoints.paint();
    const script = document.createElement("script");
    script.src = document.documentElement.dataset.plotly;
    await new Promise((done, failedTo) => { script.onload = done; script.onerror = failedTo; document.head.append(script); });
    redraw(true);
    for (const hear of ready) hear();
  }

  const ready = [];
  live.on("frame", (told) => {
    if (!told.run) return;
    frame = told;
    live.byId("open-arrivals").hidden = !(told.due.length || course.slices.some((slice) => "b" in slice));
  });
  live.on("glance", (told) => { ends = told.end ?? null; when = told.state === "ended" ? "at the end" : "now"; });

  addEventListener("DOMContentLoaded", () => {
    plots = [...document.querySelectorAll(".plot[data-time]")];
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inSight.add(target); else inSight.delete(target);
        if (isIntersecting) draw(target);
      }
    }, { rootMargin: "100px" });
    plots.forEach((plot) => watcher.observe(plot));
    for (const control of document.querySelectorAll("#window, #logarithmic, #limits, input[name=percentile]")) {
      control.addEventListener("change", () => redraw(true));
    }
    for (const query of drawing.queries) query.addEventListener("change", () => redraw(true));
    endpoints.on(soon);
    const start = () => begin().catch((error) => {
      document.documentElement.classList.add("undrawn");
      live.byId("undrawn").hidden = false;
      console.error(error);
    });
    requestAnimationFrame(() => setTimeout(start, 0));
  });
  return { ready: (hear) => (window.Plotly && look ? hear() : ready.push(hear)), moment };
})();
