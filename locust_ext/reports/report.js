/* The report's own script: draws the charts, follows the theme, sorts the table.

   Law: names are data. They reach the page as text or through Plotly's labels, which Python has escaped. Plotly's script
   and the charts are unpacked here; the page's policy lets that script run by the hash of what comes out, and no other. */
(() => {
  "use strict";
  const night = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 40rem)");
  const touch = matchMedia("(pointer: coarse)");
  const plots = [...document.querySelectorAll(".plot")];
  const chosen = {};
  const PRINTED = 660;
  const LETTER = 6.5;
  let printing = false;
  let dark = {};
  let charts = {};

  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  /* Return a copy of the figure with the colours of the theme; only what is a colour is looked at. */
  function tinted(value, key) {
    if (Array.isArray(value)) return value.map((inner) => tinted(inner, key));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tinted(inner, name)]));
    }
    const swap = night.matches && !printing && /color$/.test(key || "") && Object.hasOwn(dark, value);
    return swap ? dark[value] : value;
  }

  /* Give the names of the phases a strip of their own above the lines: along it where they fit, else upright. */
  function label(layout, width, height) {
    const margin = layout.margin;
    const scale = (width - margin.l - margin.r) / layout.xaxis.range[1];
    let strip = 0;
    layout.annotations.forEach((name, number) => {
      const room = (layout.shapes[number].x1 - layout.shapes[number].x0) * scale;
      const length = name.text.length * LETTER + 8;
      name.textangle = length > room ? -90 : 0;
      name.visible = room > 2 * LETTER;
      if (name.visible) strip = Math.max(strip, length > room ? length : 20);
    });
    layout.yaxis.domain = [0, 1 - Math.min(0.5, strip / (height - margin.t - margin.b))];
  }

  function draw(plot) {
    const chart = charts[plot.dataset.chart];
    const option = chosen[chart.choice] || 0;
    const { data, layout } = tinted({ data: chart.data, layout: chart.layout });
    for (const trace of data) if ("meta" in trace) trace.visible = trace.meta === option;
    layout.uirevision = option;
    layout.xaxis.uirevision = "x";
    layout.dragmode = touch.matches ? false : "zoom";
    layout.width = printing ? PRINTED : undefined;
    if (narrow.matches) layout.margin = { ...layout.margin, l: 40, r: 8 };
    if (narrow.matches) layout.xaxis.nticks = 5;
    if (layout.annotations) label(layout, layout.width || plot.clientWidth, plot.clientHeight);
    const says = chart.says[option] || chart.says[0];
    plot.setAttribute("aria-label", plot.dataset.title + ". " + says);
    plot.parentElement.querySelector(".says").textContent = says;
    return Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true, typesetMath: false });
  }

  const redraw = () => plots.forEach(draw);

  /* Zooming in time in one chart zooms in all of them. */
  function follow(plot) {
    plot.on("plotly_relayout", (change) => {
      if (!Object.keys(change).some((key) => key.startsWith("xaxis"))) return;
      const range = plot.layout.xaxis.range.map(Number.isFinite(plot.layout.xaxis.range[0]) ? Number : String);
      for (const other of plots) {
        if (other === plot || other.dataset.time === undefined || !other.layout) continue;
        if (String(other.layout.xaxis.range) !== String(range)) Plotly.relayout(other, { "xaxis.range": range });
      }
    });
  }

  function sort(heading) {
    const table = heading.closest("table");
    const column = [...heading.parentElement.children].indexOf(heading);
    const text = heading.dataset.sort === "text";
    const next = heading.ariaSort === "none" ? (text ? "ascending" : "descending")
      : heading.ariaSort === "ascending" ? "descending" : "ascending";
    const sign = next === "ascending" ? 1 : -1;
    const key = ({ children: { [column]: cell } }) => (text ? cell.dataset.text ?? cell.textContent : cell.dataset.n);
    const compare = (a, b) => {
      if (text) return sign * key(a).localeCompare(key(b));
      if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
      return sign * (Number(key(a)) - Number(key(b)));
    };
    for (const other of heading.parentElement.children) other.ariaSort = "none";
    heading.ariaSort = next;
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(compare));
  }

  async function begin() {
    ({ dark, charts } = JSON.parse(await unpacked("charts")));
    const script = document.createElement("script");
    script.textContent = await unpacked("plotly");
    document.head.append(script);
    for (const list of document.querySelectorAll("select[data-choice]")) {
      chosen[list.dataset.choice] = Number(list.value);
      list.addEventListener("change", () => {
        chosen[list.dataset.choice] = Number(list.value);
        plots.filter((plot) => charts[plot.dataset.chart].choice === list.dataset.choice).forEach(draw);
      });
    }
    for (const plot of plots) {
      draw(plot);
      if (plot.dataset.time !== undefined) follow(plot);
    }
    for (const query of [night, narrow, touch]) query.addEventListener("change", redraw);
    for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) {
      addEventListener(event, () => { printing = now; redraw(); });
    }
  }

  document.documentElement.classList.add("scripted");
  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }
  if (plots.length) {
    begin().catch((error) => {
      document.documentElement.classList.add("undrawn");
      document.getElementById("undrawn").hidden = false;
      if ("DecompressionStream" in window) throw error;
    });
  }
})();
