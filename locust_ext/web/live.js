/* The live page's heart: asks for the state once a second, less often where many pages are open, and hands each piece to who shows it.

   Law: names are text. One request at a time; one that fails is tried again, and the page says how old what it shows is.
   Others register with `live.on(piece, show, ask)` and ask with `live.act(name, what)`; what raises in one of them is
   told in the console, and keeps no other from its turn. */
const live = (() => {
  "use strict";
  const PERIOD = 1000;
  const BEHIND = 150;
  const UNSEEN = 5000;
  const PATIENCE = 10000;
  const shows = new Map();
  const asks = new Map();
  const wanted = new Set();
  let heard = performance.now();
  let problem = "";
  let timer = 0;
  let period = PERIOD; // longer where many pages are open: the server says how long

  const byId = (id) => document.getElementById(id);

  /* Put a text in its place, unless it stands there already. */
  function put(element, text) {
    if (element.textContent !== String(text)) element.textContent = text;
  }

  function on(piece, show, ask) {
    shows.set(piece, [...(shows.get(piece) || []), show]);
    if (ask) asks.set(piece, ask);
  }

  async function act(name, what) {
    const headers = { "Content-Type": "application/json", "X-Locust-Ext-Token": document.documentElement.dataset.token };
    try {
      const answer = await fetch("do/" + name, { method: "POST", headers, body: JSON.stringify(what || {}) });
      const done = { ok: answer.ok, ...(await answer.json()) };
      again(0);
      return done;
    } catch {
      return { ok: false, said: "The web UI gave no answer that can be read; load the page again.", problems: [] };
    }
  }

  /* Ask again at once, and for some pieces alone: there is more of them. */
  function hurry(piece) { wanted.add(piece); }

  async function look() {
    const asked = new URLSearchParams();
    const only = [...wanted];
    wanted.clear();
    if (only.length) asked.set("pieces", only.join(","));
    for (const [piece, ask] of asks) {
      if (!only.length || only.includes(piece)) for (const [name, value] of Object.entries(ask())) asked.set(name, value);
    }
    const ends = AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined;
    const answer = await fetch("state?" + asked, { headers: { Accept: "application/json" }, signal: ends });
    if (!answer.ok) throw new Error("the web UI answered " + answer.status);
    if (!(answer.headers.get("Content-Type") || "").includes("json")) throw new Error("log in again: load this page again");
    period = Math.max(PERIOD, 1000 * (Number(answer.headers.get("X-Poll-Interval")) || 0));
    const state = await answer.json();
    for (const [piece, all] of shows) if (state[piece] !== undefined && state[piece] !== null) for (const show of all) guarded(show, state[piece], state);
  }

  function guarded(show, ...what) {
    try { show(...what); } catch (error) { console.error(error); }
  }

  /* Say how old what is shown is; aloud only when that begins and ends. */
  function age() {
    const seconds = Math.round((performance.now() - heard) / 1000);
    put(byId("age"), problem ? `${problem}; what is shown is ${seconds} s old` : "");
    byId("age").classList.toggle("stale", Boolean(problem));
  }

  async function go() {
    try {
      await look();
      if (problem) tell("The web UI answers again.");
      heard = performance.now();
      problem = "";
    } catch (error) {
      const why = error instanceof TypeError || error.name === "TimeoutError" ? "the web UI does not answer" : error.message;
      if (!problem) tell(`No new figures: ${why}.`);
      problem = `No new figures: ${why}`;
    }
    age();
    again(wanted.size && !problem ? BEHIND : document.hidden ? Math.max(UNSEEN, period) : period);
  }

  let running = false;
  function again(after) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (running) return;
      running = true;
      try { await go(); } finally { running = false; }
    }, after);
  }

  /* Say something to those who hear the page, and below the verdict to those who see it. */
  function tell(sentence) { put(byId("said"), sentence); }

  addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("scripted");
    again(0);
    setInterval(age, PERIOD);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(0); });
  return { on, act, hurry, tell, put, byId };
})();
