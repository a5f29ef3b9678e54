/* The report's own script: draws the charts, follows the theme, sorts the table.

   Law: names are data. Plotly's script and the charts are unpacked here; the page's policy lets that script run by the
   hash of what comes out, and no other. How a chart is drawn is in `drawing.js`, which stands before it. */
(() => {
  "use strict";
  const plots = [...document.querySelectorAll(".plot")];
  const chosen = {};
  let charts = {};

  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  function draw(plot) {
    const chart = charts[plot.dataset.chart];
    return drawing.draw(plot, chart, chosen[chart.choice] || 0);
  }

  const redraw = () => plots.forEach(draw);

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
    ({ dark: drawing.dark, charts } = JSON.parse(await unpacked("charts")));
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
      if (plot.dataset.time !== undefined) drawing.follow(plot, plots);
    }
    for (const query of drawing.queries) query.addEventListener("change", redraw);
    for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) {
      addEventListener(event, () => { drawing.printing = now; redraw(); });
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
