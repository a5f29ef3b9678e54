/* How a chart is drawn, in a report and on the live page: its colours, the names of its phases, its place in time.

   Law: names are data. They reach a page as text or through Plotly's labels, which Python has escaped. It keeps nothing
   but what `dark` and `printing` say; a figure that it is given stays as it was. */
const drawing = (() => {
  "use strict";
  const night = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 40rem)");
  const touch = matchMedia("(pointer: coarse)");
  const PRINTED = 660;
  const LETTER = 6.5;
  const own = { dark: {}, printing: false, queries: [night, narrow, touch] };

  /* Return a copy of the figure with the colours of the theme; only what is a colour is looked at. */
  function tinted(value, key) {
    const colored = /color$/.test(key || "");
    if (Array.isArray(value)) {
      const plain = !colored && value.length && (value[0] === null || typeof value[0] !== "object");
      return plain ? value : value.map((inner) => tinted(inner, key));
    }
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tinted(inner, name)]));
    }
    return night.matches && !own.printing && colored && Object.hasOwn(own.dark, value) ? own.dark[value] : value;
  }

  /* Give the names of the phases a strip of their own above the lines: along it where they fit, else upright. */
  function label(layout, width, height) {
    const margin = layout.margin;
    const [start, end] = layout.xaxis.range;
    const scale = (width - margin.l - margin.r) / (end - start);
    let strip = 0;
    layout.annotations.forEach((name, number) => {
      const shape = layout.shapes[number];
      const room = (Math.min(shape.x1, end) - Math.max(shape.x0, start)) * scale;
      const length = name.text.length * LETTER + 8;
      name.x = Math.max(name.x, start);
      name.textangle = length > room ? -90 : 0;
      name.visible = room > 2 * LETTER;
      if (name.visible) strip = Math.max(strip, length > room ? length : 20);
    });
    layout.yaxis.domain = [0, 1 - Math.min(0.5, strip / (height - margin.t - margin.b))];
  }

  /* Draw a chart; of traces with a `meta` those that belong to the option that was chosen. */
  function draw(plot, chart, option = 0) {
    const { data, layout } = tinted({ data: chart.data, layout: chart.layout });
    for (const trace of data) if ("meta" in trace) trace.visible = trace.meta === option;
    layout.uirevision = option;
    layout.xaxis.uirevision = chart.revision || "x"; // what somebody has zoomed into stays as long as that is the same
    layout.dragmode = touch.matches ? false : "zoom";
    layout.width = own.printing ? PRINTED : undefined;
    if (narrow.matches) layout.margin = { ...layout.margin, l: 40, r: 8 };
    if (narrow.matches) layout.xaxis.nticks = 5;
    if (layout.annotations) label(layout, layout.width || plot.clientWidth, plot.clientHeight);
    say(plot, chart.says[option] || chart.says[0]);
    return Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true, typesetMath: false });
  }

  /* Say what a chart shows, beside it and to those who cannot see it. */
  function say(plot, sentence) {
    const says = plot.parentElement.querySelector(".says");
    if (says.textContent === sentence && plot.hasAttribute("aria-label")) return;
    says.textContent = sentence;
    plot.setAttribute("aria-label", plot.dataset.title + ". " + sentence);
  }

  /* Zooming in time in one chart zooms in all of them. */
  function follow(plot, plots) {
    plot.on("plotly_relayout", (change) => {
      if (!Object.keys(change).some((key) => key.startsWith("xaxis"))) return;
      const range = plot.layout.xaxis.range.map(Number.isFinite(plot.layout.xaxis.range[0]) ? Number : String);
      for (const other of plots) {
        if (other === plot || other.dataset.time === undefined || !other.layout) continue;
        if (String(other.layout.xaxis.range) !== String(range)) Plotly.relayout(other, { "xaxis.range": range });
      }
    });
  }

  return Object.assign(own, { draw, follow, say, tint: (color) => tinted(color, "color") });
})();
