/* The list of this process's runs, and what becomes of one: its reports, a baseline, a comparison.

   Law: names are text. A row that has not changed stays the element that it is, with its focus. */
(() => {
  "use strict";
  const MARKS = { passed: "✓", failed: "✗", inconclusive: "?", aborted: "■", error: "!" };
  const COLUMNS = ["verdict", "began", "lasted", "load", "thresholds", "reports"];
  const rows = new Map();
  let version = "";
  let compared = null;

  const byId = (id) => document.getElementById(id);

  function made(tag, text, more) {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    for (const [name, value] of Object.entries(more || {})) element.setAttribute(name, value);
    return element;
  }

  function tell(sentence) { byId("runs-said").textContent = sentence; }

  /* What an answer says: each mistake, or what was done. */
  function said(done) { return (done.problems || []).map((one) => one.said).join(" ") || done.said; }

  async function asked(button, name, what) {
    if (button.getAttribute("aria-disabled") === "true") return null;
    button.setAttribute("aria-disabled", "true");
    try { return await live.act(name, what); } finally { button.removeAttribute("aria-disabled"); }
  }

  function outcome(word) {
    const shown = made("span", "", { class: "outcome" });
    shown.classList.add(word in MARKS ? word : "other");
    shown.append(made("b", MARKS[word] || "–", { "aria-hidden": "true" }), " " + word);
    return shown;
  }

  function verdict(run) {
    const cell = made("th", "", { scope: "row", role: "rowheader" });
    cell.append(outcome(run.verdict), made("small", run.name + ", exit code " + run.exit_code), made("p", run.reason, { class: "reason" }));
    return cell;
  }

  function thresholds(run) {
    const failed = run.failed.length + run.more_failed;
    const cell = made("div", run.thresholds ? failed + " of " + run.thresholds + " failed" : "none were judged");
    const list = made("ul");
    for (const one of run.failed) list.append(made("li", one.threshold + ": " + one.value));
    if (run.more_failed) list.append(made("li", "and " + run.more_failed + " more"));
    if (list.childElementCount) cell.append(list);
    return cell;
  }

  /* Buttons are many, and alike: a screen reader hears of which run each is. */
  function button(text, run, press) {
    const one = made("button", text, { type: "button", "data-does": text, "aria-label": text + ": run of " + run.began });
    one.addEventListener("click", () => press(one));
    return one;
  }

  function link(text, run, to, more) {
    return made("a", text, { href: to, "data-does": text, "aria-label": text + " of the run of " + run.began, ...more });
  }

  function does(run) {
    const cell = made("div", "", { class: "does" });
    const id = encodeURIComponent(run.id);
    cell.append(link("Report", run, "report?run=" + id), link("Zip", run, "runs/" + id + ".zip", { download: "" }));
    cell.append(button("Keep as baseline", run, (one) => keep(run, one)), button("Compare", run, (one) => choose(run, one)));
    if (run.kept) cell.append(made("small", "kept as " + run.kept));
    return cell;
  }

  function rowOf(run) {
    const row = made("tr", "", { role: "row" });
    const cells = [null, run.began, run.duration, run.load || "plain users", thresholds(run), does(run)];
    row.append(verdict(run));
    COLUMNS.forEach((name, index) => {
      if (!index) return;
      const cell = made("td", "", { role: "cell" });
      if (index < 5) cell.dataset.label = name;
      cell.append(cells[index]);
      row.append(cell);
    });
    return row;
  }

  function show(piece) {
    version = piece.version;
    if (!piece.rows) return;
    const body = byId("runs-rows");
    byId("runs-none").hidden = piece.rows.length > 0;
    byId("runs-none").textContent = piece.under_way ? "No test has ended yet; one is under way." : "No test has ended yet.";
    byId("runs-scroll").hidden = piece.rows.length === 0;
    const ids = new Set(piece.rows.map((run) => run.id));
    for (const [id, known] of rows) if (!ids.has(id)) { known.row.remove(); rows.delete(id); }
    let before = null;
    for (const run of piece.rows) {
      const text = JSON.stringify(run);
      let known = rows.get(run.id);
      if (!known || known.text !== text) {
        const fresh = rowOf(run);
        const focused = known && known.row.contains(document.activeElement) ? document.activeElement.dataset.does : "";
        if (known) known.row.replaceWith(fresh);
        known = { row: fresh, text };
        rows.set(run.id, known);
        if (before ? before.nextSibling !== fresh : body.firstChild !== fresh) body.insertBefore(fresh, before ? before.nextSibling : body.firstChild);
        if (focused) [...fresh.querySelectorAll("[data-does]")].find((one) => one.dataset.does === focused)?.focus();
      }
      before = known.row;
    }
  }

  async function keep(run, one) {
    const done = await asked(one, "keep-as-baseline", { run: run.id });
    if (done) tell(said(done));
  }

  async function choose(run, one) {
    const done = await asked(one, "runs-to-compare", { run: run.id });
    if (!done) return;
    if (!done.ok) { tell(said(done)); return; }
    if (!done.choices.length) { tell("There is no other run to compare with yet."); return; }
    tell("");
    compared = run.id;
    byId("compare-title").textContent = "Compare the run of " + run.began;
    byId("compare-with").replaceChildren(...done.choices.map((choice) => made("option", choice.name, { value: choice.key })));
    byId("compared").hidden = true;
    byId("compare").hidden = false;
    byId("compare-with").focus();
  }

  function head(text, index) { return made("th", text, { scope: "col", ...(index > 1 && text ? { class: "number" } : {}) }); }

  function comparedRow(row) {
    const one = made("tr");
    const mark = made("td");
    mark.append(outcome(row.status));
    one.append(mark, made("th", row.name, { scope: "row" }));
    for (const cell of row.cells) one.append(made("td", cell, { class: "number" }));
    one.append(made("td", row.text));
    return one;
  }

  function draw(table) {
    const place = byId("compared");
    byId("compared-title").textContent = table.title + (table.left_out ? "; " + table.left_out + " figures are left out" : "");
    place.querySelector("thead tr").replaceChildren(...table.heads.map(head));
    place.querySelector("tbody").replaceChildren(...table.rows.map(comparedRow));
    byId("compared-notes").replaceChildren(...table.notes.map((note) => made("li", note)));
    place.hidden = false;
  }

  addEventListener("DOMContentLoaded", () => {
    byId("compare").addEventListener("submit", async (event) => {
      event.preventDefault();
      const one = byId("compare").querySelector("[type=submit]");
      const done = await asked(one, "compare-runs", { run: compared, with: byId("compare-with").value });
      if (!done) return;
      tell(said(done));
      if (done.ok) draw(done.comparison); else byId("compared").hidden = true;
    });
    byId("compare-close").addEventListener("click", () => {
      byId("compare").hidden = true;
      rows.get(compared)?.row.querySelector('[data-does="Compare"]')?.focus();
    });
  });

  live.on("runs", show, () => ({ runs: version }));
})();
