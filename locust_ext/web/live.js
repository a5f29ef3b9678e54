/* The live page's heart: asks for the state once a second, and hands each piece to who shows it.

   Law: names are text. One request at a time; one that fails is tried again in a second, and the page says how old what
   it shows is. Others register with `live.on(piece, show)` and ask with `live.act(name, what)`. */
const live = (() => {
  "use strict";
  const PERIOD = 1000;
  const shows = new Map();
  const asks = new Map();

  function on(piece, show, ask) {
    shows.set(piece, [...(shows.get(piece) || []), show]);
    if (ask) asks.set(piece, ask);
  }

  async function act(name, what) {
    const headers = { "Content-Type": "application/json", "X-Locust-Ext-Token": document.documentElement.dataset.token };
    const answer = await fetch("do/" + name, { method: "POST", headers, body: JSON.stringify(what || {}) });
    return { ok: answer.ok, ...(await answer.json()) };
  }

  async function look() {
    const asked = new URLSearchParams();
    for (const ask of asks.values()) for (const [name, value] of Object.entries(ask())) asked.set(name, value);
    const answer = await fetch("state?" + asked, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("the web UI answered " + answer.status);
    const state = await answer.json();
    for (const [piece, all] of shows) if (piece in state) for (const show of all) show(state[piece], state);
  }

  async function go() {
    try { await look(); } catch (error) { document.getElementById("said").textContent = String(error.message); }
    setTimeout(go, PERIOD);
  }

  addEventListener("DOMContentLoaded", go);
  return { on, act };
})();
