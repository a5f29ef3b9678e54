/* What the live page says in words and tables, and the charts that are made again every few seconds.

   Law: names are text. What is announced is a change of the verdict or of the phase, and nothing that moves each second. */
(() => {
  "use strict";
  const { put, byId } = live;
  const MARKS = { passed: "✓", failed: "✗", inconclusive: "?" };
  const SHAPES = { passed: "M13 25l8 8 15-17", failed: "M15 15l18 18M33 15L15 33", other: "M13 24h22", waiting: "M24 12v13l8 6" };
  const FAMILIES = ["spectrum", "herd", "spectrum", "drift", "spectrum", "probes"];
  const ERRORS_EVERY = 3;
  const marks = new Map();
  let urgent = "";
  let ended = 0; // the seconds of a run that is over
  let told = { word: "", phase: "", run: "" };

  function make(tag, text, name) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  /* Put rows into a table, of which each cell is a text or an element; what has not changed is left alone. */
  function fill(body, rows, numbers) {
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach((cells, at) => {
      const row = body.rows[at] || body.insertRow();
      row.setAttribute("role", "row"); // a style that lays a row out in another way must not take its meaning
      cells.forEach((cell, place) => {
        const tag = place === numbers.head ? "TH" : "TD";
        let box = row.cells[place];
        if (!box) {
          box = make(tag);
          if (tag === "TH") box.scope = "row";
          box.setAttribute("role", tag === "TH" ? "rowheader" : "cell");
          if (numbers.of.includes(place)) box.className = "number";
          row.append(box);
        }
        if (typeof cell === "object") {
          if (box.dataset.is !== cell.is) { box.replaceChildren(outcome(cell.is)); box.dataset.is = cell.is; }
        } else if (box.dataset.text !== String(cell)) {
          box.dataset.text = box.textContent = cell;
        }
      });
    });
  }

  function outcome(status) {
    const made = make("span", undefined, "outcome " + status);
    const mark = make("b", MARKS[status] || "");
    mark.setAttribute("aria-hidden", "true");
    made.append(mark, " " + status);
    return made;
  }

  function clock(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  const count = (number) => number.toLocaleString("en");
  const many = (number, one) => `${count(number)} ${one}${number === 1 ? "" : "s"}`;

  /* The word for how it stands, what it is about, and its look. */
  function verdict(glance) {
    const { failed = 0, inconclusive = 0, passed = 0 } = glance.counts;
    const all = failed + inconclusive + passed;
    if (glance.state === "waiting") return ["waiting for a test", "It begins from Locust's own page, from this one below, or by itself.", "waiting"];
    if (glance.verdict) return [glance.verdict.word, glance.verdict.reason, glance.verdict.word];
    if (glance.halted) return ["stopping", glance.halted, "failed"];
    if (failed) return ["failing so far", `${failed} of ${many(all, "threshold")} ${failed === 1 ? "has" : "have"} failed.`, "failed"];
    if (!all) return ["running", "There are no thresholds: nothing is judged but that it goes on.", "waiting"];
    if (inconclusive) return ["not clear yet", `${passed} of ${many(all, "threshold")} hold; of ${inconclusive} there is not enough to tell.`, "inconclusive"];
    return ["passing so far", `${all === 1 ? "The threshold holds" : `All ${all} thresholds hold`}.`, "passed"];
  }

  function showGlance(glance) {
    const [word, reason, look] = verdict(glance);
    put(byId("word"), word);
    put(byId("reason"), [reason, glance.note, ...(glance.doubts || [])].filter(Boolean).join(" · "));
    put(byId("run-name"), glance.name || "");
    put(byId("state"), glance.verdict ? `exit code ${glance.verdict.code}` : glance.state === "ending" ? "the run is ending" : "");
    byId("glance").className = "verdict " + look;
    document.querySelector("#glance .shape path").setAttribute("d", SHAPES[look] || SHAPES.other);
    document.title = `${word}${glance.name ? ": " + glance.name : ""} · locust_ext`;
    const running = glance.state === "running";
    put(byId("fact-phase"), glance.phase || "–");
    put(byId("fact-users"), glance.users === undefined ? "–" : count(glance.users));
    showTime(glance);
    announce(glance, word);
    byId("outcomes").hidden = !glance.outcomes.length;
    const rows = glance.outcomes.map((one) => [{ is: one.status }, one.of, one.value, one.rule + (one.window ? `, in each ${one.window}` : ""), count(one.samples), one.reason + (one.aborts && running ? " It ends the run when it fails." : "")]);
    fill(document.querySelector("#outcomes tbody"), rows, { head: 1, of: [2, 3, 4] });
    const all = Object.values(glance.counts).reduce((sum, number) => sum + number, 0);
    list(byId("warnings"), glance.warnings || [], (item) => { item.className = "doubt"; });
    ended = glance.state === "ended" ? glance.at : 0;
    put(byId("outcomes-rest"), all > rows.length ? `${all - rows.length} more, none of which is worse.` : "");
  }

  function showTime(glance) {
    byId("progress").hidden = glance.at === undefined;
    if (glance.at === undefined) return;
    const ended = glance.state === "ended";
    const left = glance.end ? glance.end - glance.at : null;
    const at = new Date(Date.now() + (left || 0) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    put(byId("clock"), clock(glance.at) + (ended ? ", ended" : glance.end ? ` of ${clock(glance.end)}, until about ${at}` : ", no planned end"));
    byId("bar").hidden = !glance.end && !ended;
    byId("bar").value = ended ? 1 : glance.end ? Math.min(1, glance.at / glance.end) : 0;
  }

  function announce(glance, word) {
    const now = { word, phase: glance.phase || "", run: glance.run };
    const parts = [];
    if (now.run !== told.run && now.run) parts.push("A test has begun.");
    if (now.word !== told.word && told.word) parts.push(`Verdict: ${word}.`);
    if (now.phase !== told.phase && now.phase && glance.state === "running") parts.push(`Phase: ${now.phase}.`);
    if (parts.length) live.tell(parts.join(" "));
    if (now.run !== told.run) marks.clear();
    told = now;
  }

  function showCourse() {
    const slices = course.latest(3);
    const seconds = slices.reduce((sum, slice) => sum + slice.s, 0);
    const requests = slices.reduce((sum, slice) => sum + (slice.n[0] || 0), 0);
    const rate = ended ? course.requests / ended : seconds ? requests / seconds : null;
    put(byId("fact-rate"), rate === null ? "–" : rate.toLocaleString("en", { maximumFractionDigits: 1 }) + (ended ? " on average" : ""));
    put(byId("fact-requests"), course.run ? count(course.requests) : "–");
    const share = course.requests ? ` (${((course.failures / course.requests) * 100).toFixed(2)} %)` : "";
    put(byId("fact-failed"), course.run ? count(course.failures) + share : "–");
    byId("fact-failed").classList.toggle("bad", course.failures > 0);
    put(byId("catching"), course.lo ? `fetching what was before: ${Math.round((100 * (course.hi - course.lo)) / Math.max(1, course.hi))} %` : "");
    const choice = byId("spectrum-of");
    while (choice.options.length > Math.max(1, course.names.length)) choice.lastChild.remove();
    for (let track = choice.options.length; track < course.names.length; track += 1) choice.append(new Option(course.names[track], course.names[track]));
  }

  function fact(list, key, value) {
    const place = document.querySelector(`#${list} [data-fact="${key}"]`);
    put(place, value === null || value === undefined || value === "" ? "–" : value);
    return place;
  }

  function showHealth(health) {
    put(byId("fact-open"), health.open ? `${count(health.open)}, oldest ${health.oldest}` : health.run ? "0" : "–");
    put(byId("fact-lag"), health.lag === undefined || health.lag === null ? "–" : `${health.lag} ms`);
    byId("fact-lag").classList.toggle("bad", health.lag > health.lag_limit);
    const late = health.lag > health.lag_limit ? `, above the limit of ${health.lag_limit} ms: its figures prove nothing` : "";
    fact("generator", "lag", health.lag === undefined || health.lag === null ? "" : `${health.lag} ms${late}`);
    const [used, most] = health.descriptors;
    fact("generator", "descriptors", used === null ? "" : `${count(used)} of ${most === null ? "any number" : count(most)}${health.worker_count ? ", on the master" : ""}`);
    fact("generator", "opened", health.opened === undefined ? "" : count(health.opened));
    fact("generator", "share", health.opened && course.requests ? (health.opened / course.requests).toPrecision(2) : "");
    fact("generator", "unmade", health.unmade === undefined ? "" : count(health.unmade)).classList.toggle("bad", health.unmade > 0);
    fact("locks", "killed", health.killed || (health.run ? "no" : "")).classList.toggle("bad", Boolean(health.killed));
    fact("locks", "switch", health.run ? (health.switch ? "read each second on each process" : "none") : "");
    const busy = health.cap ? course.latest(3).reduce(([n, s], slice) => [n + (slice.n[0] || 0), s + slice.s], [0, 0]) : [0, 0];
    fact("locks", "cap", health.cap ? `${health.cap_said}, used to ${busy[1] ? Math.round((100 * busy[0]) / busy[1] / health.cap) : 0} %` : health.run ? "none" : "");
    fact("locks", "waits", health.cap_waits ? `${many(health.cap_waits, "request")}, p99 ${health.cap_wait}` : health.cap ? "none" : "");
    fact("locks", "blocked", health.blocked === undefined ? "" : count(health.blocked)).classList.toggle("bad", health.blocked > 0);
    byId("open").hidden = !(health.open_rows || []).length;
    fill(document.querySelector("#open-rows tbody"), (health.open_rows || []).map(([name, open, oldest]) => [name, count(open), oldest]), { head: 0, of: [1, 2] });
    byId("workers").hidden = !health.workers.length;
    const rows = health.workers.map((one) => [one.id, one.state, count(one.users), `${one.cpu} %`, one.heard ? `${one.heard} s ago` : "now"]);
    fill(document.querySelector("#worker-rows tbody"), rows, { head: 0, of: [2, 3, 4] });
    showChecks(health.checks);
  }

  function showChecks(checks) {
    byId("checks-none").hidden = checks.length > 0;
    byId("checks-title").hidden = !checks.length;
    list(byId("checks"), checks.map((check) => `${check.found}: ${check.what}`), (item, at) => {
      item.className = checks[at].found === "NO" ? "bad" : "";
    });
  }

  /* Put texts into a list. */
  function list(home, texts, look) {
    while (home.children.length > texts.length) home.lastChild.remove();
    texts.forEach((text, at) => {
      const item = home.children[at] || home.appendChild(make("li"));
      put(item, text);
      look(item, at);
    });
  }

  /* The charts of a family, each with its place: made when it is new, drawn again when it has changed. */
  function showFigures(told) {
    if (!told.figure || !told.charts || !window.Plotly) return;
    if (told.figure === "spectrum" && told.of !== byId("spectrum-of").value) return;
    marks.set(told.figure, told.mark);
    const home = byId(told.figure);
    const ids = told.charts.map((chart) => chart.id);
    for (const figure of [...home.children]) {
      if (!ids.includes(figure.querySelector(".plot").dataset.chart)) { Plotly.purge(figure.querySelector(".plot")); figure.remove(); }
    }
    const shown = told.charts.length > 0;
    if (told.figure === "spectrum") byId("spectrum-none").hidden = shown;
    else byId({ herd: "herds", drift: "drifts", probes: "probed" }[told.figure]).hidden = !shown;
    for (const chart of told.charts) {
      const plot = place(home, chart);
      plot.chart = chart;
      drawing.draw(plot, chart);
    }
  }

  function place(home, chart) {
    const known = [...home.querySelectorAll(".plot")].find((plot) => plot.dataset.chart === chart.id);
    if (known) {
      put(known.parentElement.querySelector("h3"), chart.title);
      known.dataset.title = chart.title;
      return known;
    }
    const figure = make("figure", undefined, "chart");
    const caption = make("figcaption");
    caption.append(make("h3", chart.title), make("p", "", "says"));
    const plot = make("div", undefined, "plot");
    Object.assign(plot.dataset, { chart: chart.id, title: chart.title });
    plot.setAttribute("role", "img");
    figure.append(caption, plot);
    home.append(figure);
    return plot;
  }

  /* The second by the clock on the wall: all open pages ask for the same at the same time, and it is made for them once. */
  const second = () => Math.floor(Date.now() / 1000);

  /* Ask for one family of charts at a time, those in sight of people more often. */
  function askFigures() {
    if (!window.Plotly || !course.run) return {};
    const figure = urgent || FAMILIES[second() % FAMILIES.length];
    urgent = "";
    const of = figure === "spectrum" ? byId("spectrum-of").value : "";
    return { figure, ...(of ? { of } : {}), ...(marks.has(figure) ? { mark: marks.get(figure) } : {}) };
  }

  function showErrors(errors) {
    byId("errors").hidden = !errors.rows.length;
    const rows = errors.rows.map((one) => [one.what, one.where, count(one.count), clock(one.last), one.message]);
    const body = document.querySelector("#error-rows tbody");
    fill(body, rows, { head: 0, of: [2, 3] });
    errors.rows.forEach((one, at) => showAnswer(body.rows[at].cells[4], one));
    put(byId("errors-rest"), errors.more ? `${errors.more} more kinds; the report has all.` : "");
  }

  /* The first answer of a kind, folded below its message; one that somebody has opened stays so. */
  function showAnswer(cell, { answer }) {
    const there = cell.querySelector("pre");
    if (there ? there.textContent === answer : !answer) return;
    if (there) there.parentElement.remove();
    if (!answer) return;
    const folded = make("details");
    folded.append(make("summary", "the first answer"), make("pre", answer));
    cell.append(folded);
  }

  live.on("glance", showGlance);
  live.on("health", showHealth);
  live.on("figures", showFigures, askFigures);
  live.on("errors", showErrors, () => (second() % ERRORS_EVERY ? {} : { errors: "" }));
  addEventListener("DOMContentLoaded", () => {
    course.on(showCourse);
    byId("spectrum-of").addEventListener("change", () => { marks.delete("spectrum"); urgent = "spectrum"; });
    for (const query of drawing.queries) {
      query.addEventListener("change", () => document.querySelectorAll("#spectrum .plot, #herd .plot, #drift .plot, #probes .plot").forEach((plot) => drawing.draw(plot, plot.chart)));
    }
  });
})();
