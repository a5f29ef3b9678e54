/* The forms that steer a test.

   Law: names are text. What the form is made of comes with the state; an empty field means as configured. One preview at
   a time, a quarter of a second after the last key. A mistake stands at its field, and a press that is wrong starts
   nothing. */
(() => {
  "use strict";
  const PAUSE = 250;
  const ARMED = 5000;
  const at = (id) => document.getElementById(id);
  const touched = new Set();
  let form = null;
  let version = "";
  let busy = null;
  let asked = false;
  let pressed = "";
  let timer = 0;
  let rows = 0;
  let [drawn, loading] = [null, null];

  function make(tag, attributes, ...inner) {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) one.setAttribute(name, "");
      else if (value !== false && value !== undefined && value !== "") one.setAttribute(name, value);
    }
    one.append(...inner);
    return one;
  }

  /* Return a labelled field with its help and the place of its mistake; `control` is an input or a select. */
  function field(name, label, control, help, shown = true) {
    const id = "f-" + name.replace(/[^\w-]/g, "_");
    const said = make("p", { class: "help", id: "h-" + id }, help || "");
    const wrong = make("p", { class: "wrong", id: "e-" + id, hidden: true });
    control.id = id;
    control.dataset.field = name;
    control.setAttribute("aria-describedby", (help ? said.id + " " : "") + wrong.id);
    const title = make("label", { for: id, class: shown ? "" : "unseen" }, label);
    return make("div", { class: "field" }, title, control, ...(help ? [said] : []), wrong);
  }

  const input = (usual, mode) => make("input", { placeholder: usual, inputmode: mode, autocomplete: "off", spellcheck: "false" });

  function select(options, chosen) {
    const list = make("select");
    for (const [value, label] of options) {
      const option = make("option", {}, label);
      option.value = value;
      list.append(option);
    }
    list.value = chosen || "";
    return list;
  }

  const MODES = { "whole number": "numeric", number: "decimal" };
  const EXAMPLES = { duration: "such as 90s or 5m", share: "such as 5%" };

  function parameter(one) {
    const name = "params." + one.key;
    if (one.kind === "as configured") {
      return make("div", { class: "field" }, make("label", {}, one.label), make("p", { class: "help" }, "As configured. " + one.about));
    }
    const control = one.kind === "choice"
      ? select([["", one.default + " (as configured)"], ...one.choices.filter((value) => value !== one.default).map((value) => [value, value])])
      : input(one.default || "none", MODES[one.kind]);
    const example = !one.default && EXAMPLES[one.kind] ? " Write it " + EXAMPLES[one.kind] + "." : "";
    return field(name, one.label, control, one.about + example);
  }

  const shape = () => form.shapes.find((one) => one.name === at("f-shape").value) || form.shapes[0];

  function showShape() {
    const one = shape();
    at("h-f-shape").textContent = one.about || "";
    at("params").replaceChildren(...one.params.map(parameter));
    const usual = form.usual;
    const plain = one.plain ? [
      field("users", "Users", input(usual.users, "numeric"), "How many there are at once."),
      field("spawn_rate", "Spawn rate", input(usual.spawn_rate, "decimal"), "Users that come a second."),
      field("run_time", "Run time", input(usual.run_time || "until somebody stops it"), "Such as 90s or 5m."),
    ] : [];
    const kept = new Map([...at("beside").querySelectorAll("input")].map((control) => [control.dataset.field, control.value]));
    at("beside").replaceChildren(
      ...plain,
      field("time_scale", "Time scale", input(usual.time_scale, "decimal"), "All times of the shape times this: 0.05 is a rehearsal."),
      field("host", "Host", input(usual.host || "of the user classes", "url"), "Where the requests go."),
    );
    at("f-host").parentElement.classList.add("broad");
    for (const [name, value] of kept) if (at("f-" + name)) at("f-" + name).value = value;
    mark();
  }

  function threshold(row, isNew) {
    const number = rows++;
    const choose = make("input", { list: "metrics", autocomplete: "off", spellcheck: "false" });
    const must = make("input", { autocomplete: "off", spellcheck: "false" });
    const remove = make("button", { type: "button", class: "plain", "aria-label": "Remove this threshold" }, "Remove");
    const first = field("row" + number + ".select", "Metric or selection", choose, "", isNew || number === 0);
    const item = make("li", { "data-row": number }, first, field("row" + number + ".must", "Must be", must, "", isNew || number === 0), remove);
    choose.value = row.select;
    must.value = row.must;
    item.options = row.options || {};
    if (row.says) item.append(make("p", { class: "help" }, row.says));
    remove.addEventListener("click", () => {
      const next = item.nextElementSibling || item.previousElementSibling;
      item.remove();
      labels();
      (next ? next.querySelector("button") : at("add-threshold")).focus();
      touched.add("thresholds");
      soon();
    });
    return item;
  }

  /* Only the first row shows what its fields are; the others say it to those who cannot see them. */
  function labels() {
    [...document.querySelectorAll("#thresholds li")].forEach((item, number) => {
      item.classList.toggle("first", number === 0);
      for (const label of item.querySelectorAll("label")) label.classList.toggle("unseen", number > 0);
      item.querySelector("button").style.marginTop = number === 0 ? "1.75rem" : "";
      item.querySelector("button").setAttribute("aria-label", "Remove threshold " + (number + 1));
    });
  }

  function showForm() {
    const chosen = at("f-shape") ? at("f-shape").value : "";
    const list = select(form.shapes.map((one) => [one.name, one.label]), chosen);
    at("load").replaceChildren(field("shape", "Shape", list, " "));
    if (!list.value && form.shapes.length) list.value = form.shapes[0].name;
    list.addEventListener("change", () => { showShape(); soon(); });
    showShape();
    at("classes").hidden = !form.classes.length;
    at("classes").querySelector(".ticks").replaceChildren(...form.classes.map((name) => {
      const box = make("input", { type: "checkbox" });
      box.value = name;
      return make("label", {}, box, name);
    }));
    at("thresholds").querySelector("ol").replaceChildren(...form.thresholds.map((row) => threshold(row, false)));
    labels();
    at("locked").hidden = !form.locked;
    at("locked").textContent = form.locked + " more cannot be edited here: their names hold a secret. They judge as configured.";
    at("metrics").replaceChildren(...form.metrics.map((name) => { const one = make("option"); one.value = name; return one; }));
    const causes = at("f-cause");
    if (!causes.options.length) for (const cause of form.causes) causes.append(make("option", {}, cause));
    at("steering-wrong").hidden = !form.wrong;
    at("steering-wrong").textContent = form.wrong;
    at("start").hidden = false;
    touched.clear();
    soon();
  }

  /* Return the rows as they are sent. */
  function thresholdRows() {
    const items = [...document.querySelectorAll("#thresholds li")];
    return items.map((item) => {
      const [choose, must] = item.querySelectorAll("input");
      return { select: choose.value, must: must.value, options: item.options };
    });
  }

  function entered() {
    const value = (name) => { const control = at("f-" + name); return control ? control.value : ""; };
    const params = {};
    for (const control of at("params").querySelectorAll("[data-field]")) {
      if (control.value) params[control.dataset.field.slice("params.".length)] = control.value;
    }
    return {
      shape: value("shape"), params, time_scale: value("time_scale"), host: value("host"), users: value("users"),
      spawn_rate: value("spawn_rate"), run_time: value("run_time"), thresholds: thresholdRows(),
      classes: [...document.querySelectorAll("#classes input:checked")].map((box) => box.value),
    };
  }

  function controlOf(name) {
    const row = /^thresholds\.(\d+)\.(select|must)$/.exec(name);
    if (row) {
      const item = document.querySelectorAll("#thresholds li")[Number(row[1])];
      return item ? item.querySelectorAll("input")[row[2] === "select" ? 0 : 1] : null;
    }
    return document.querySelector('[data-field="' + CSS.escape(name) + '"]');
  }

  function clear(root) {
    for (const control of root.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    for (const wrong of root.querySelectorAll(".wrong")) { wrong.hidden = true; wrong.textContent = ""; }
  }

  /* Show each mistake at its field, what has none in `rest`; return the first field that is wrong, as they stand. */
  function show(problems, root, rest, all) {
    clear(root);
    const wrong = [];
    for (const { field: name, said } of problems) {
      const control = name ? controlOf(name) : null;
      const group = control ? null : document.querySelector('[data-wrong="' + CSS.escape(name.split(".")[0]) + '"]');
      if (!all && (!control || !touched.has(control))) continue;
      if (all && control) touched.add(control);
      if (control) {
        const place = at(control.getAttribute("aria-describedby").split(" ").pop());
        place.textContent += (place.textContent ? "\n" : "") + said;
        place.hidden = false;
        control.setAttribute("aria-invalid", "true");
        wrong.push(control);
      } else if (group) {
        group.textContent += (group.textContent ? "\n" : "") + said;
        group.hidden = false;
      } else {
        rest.append(make("li", {}, said));
        rest.hidden = false;
      }
    }
    return [...root.querySelectorAll("[aria-invalid]")].find((control) => wrong.includes(control));
  }

  function mark() {
    for (const control of at("start").querySelectorAll("#params [data-field], #beside [data-field], #load [data-field]")) {
      control.closest(".field").classList.toggle("changed", control.value !== "");
    }
  }

  /* Wait for the script of all charts, which the page loads when it has been painted. */
  function plotly() {
    loading = loading || new Promise((ready) => {
      const look = () => (window.Plotly ? ready() : setTimeout(look, 100));
      look();
    });
    return loading;
  }

  async function draw(says) {
    const place = at("preview");
    place.parentElement.hidden = false;
    place.hidden = !drawn;
    at("preview-says").textContent = says;
    place.setAttribute("aria-label", place.dataset.title + ". " + says);
    if (!drawn) return;
    await plotly();
    await drawing.draw(place, { ...drawn, says: [says] });
  }

  function soon() {
    mark();
    if (busy) return;
    at("start-said").textContent = "";
    at("preview").parentElement.classList.add("stale");
    clearTimeout(timer);
    timer = setTimeout(preview, PAUSE);
  }

  async function preview() {
    if (asked || busy || !form) return;
    asked = true;
    const what = entered();
    try {
      const answer = await live.act("preview", what);
      if (!busy) {
        if (JSON.stringify(entered()) !== pressed) {  // else what the press said of these fields stands
          pressed = "";
          show(answer.problems || [], at("start"), at("start-wrong"), false);
        }
        if (answer.ok) {
          drawn = answer.chart && answer.chart.data ? answer.chart : null;
          await draw(answer.said);
          at("preview").parentElement.classList.remove("stale");
        } else {
          at("preview-says").textContent = "No curve: a field is not right yet.";
        }
      }
    } catch (error) {
      at("preview-says").textContent = "The curve could not be asked for: " + error.message;
    }
    asked = false;
    if (JSON.stringify(what) !== JSON.stringify(entered())) soon();
  }

  async function start(event) {
    event.preventDefault();
    if (at("start-now").disabled) return;
    at("start-now").disabled = true;
    at("start-said").textContent = "Starting …";
    try {
      const what = entered();
      const answer = await live.act("start", what);
      pressed = JSON.stringify(what);
      const wrong = show(answer.problems || [], at("start"), at("start-wrong"), true);
      at("start-said").textContent = answer.ok ? answer.said : "Nothing was started.";
      if (!answer.ok && !(answer.problems || []).length) at("start-said").textContent = answer.said;
      if (wrong) wrong.focus();
    } catch (error) {
      at("start-said").textContent = "It is not known whether it began: " + error.message;
    }
    at("start-now").disabled = Boolean(busy);
  }

  async function storm(event) {
    event.preventDefault();
    const said = at("hands-said");
    try {
      const answer = await live.act("storm", { drop: at("f-drop").value, cause: at("f-cause").value });
      said.replaceChildren();
      const wrong = show(answer.problems || [], at("storm"), said, true);
      if (answer.ok || !wrong) said.textContent = answer.said;
      if (wrong) wrong.focus();
    } catch (error) {
      said.textContent = "It is not known whether it began: " + error.message;
    }
  }

  let armed = 0;

  function disarm() {
    clearTimeout(armed);
    armed = 0;
    at("stop-now").classList.remove("armed");
    at("stop-now").textContent = "Stop now";
    at("stop-not").hidden = true;
  }

  async function stop() {
    if (!armed) {
      at("stop-now").classList.add("armed");
      at("stop-now").textContent = "Yes, stop";
      at("stop-not").hidden = false;
      at("hands-said").textContent = "Press again to stop: nothing is sent any more, and the run ends with exit code 108.";
      armed = setTimeout(() => { disarm(); at("hands-said").textContent = ""; }, ARMED);
      return;
    }
    disarm();
    try {
      at("hands-said").textContent = (await live.act("stop", {})).said;
    } catch (error) {
      at("hands-said").textContent = "It is not known whether it stops: " + error.message;
    }
  }

  function shows(state) {
    const ended = busy && !state.busy;
    if (state.busy !== busy) {
      busy = state.busy;
      at("hands").classList.toggle("busy", busy);
      at("hands-state").textContent = busy ? "A test is under way" : "No test is running";
      at("storm").hidden = !busy;
      at("steering-lock").hidden = !busy;
      at("start-fields").disabled = busy;
      at("start-now").disabled = busy;
      if (busy) { clear(at("start")); disarm(); } else { at("start-said").textContent = ""; if (form) soon(); }
    }
    if (state.form) {
      const before = form;
      form = state.form;
      if (!before || state.version !== shows.seen) showForm();
      shows.seen = state.version;
    }
    if (ended) version = "";
    else if (state.form) version = state.version;
  }

  at("start").addEventListener("submit", start);
  at("start").addEventListener("input", (event) => { touched.add(event.target); soon(); });
  at("storm").addEventListener("submit", storm);
  at("stop-now").addEventListener("click", stop);
  at("stop-not").addEventListener("click", () => { disarm(); at("hands-said").textContent = ""; at("stop-now").focus(); });
  at("add-threshold").addEventListener("click", () => {
    const item = threshold({ select: "", must: "" }, true);
    at("thresholds").querySelector("ol").append(item);
    labels();
    item.querySelector("input").focus();
  });
  for (const query of drawing.queries) query.addEventListener("change", () => { if (drawn) draw(at("preview-says").textContent); });
  document.documentElement.classList.add("scripted");
  const bar = document.querySelector("header");
  bar.after(at("hands"));
  const stick = () => { at("hands").style.top = (getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0) + "px"; };
  new ResizeObserver(stick).observe(bar);
  live.on("steering", shows, () => ({ steering: version }));
})();
