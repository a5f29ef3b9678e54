/* The way from Locust's own page to the live page: a link in its header, and its tab "Live".

   Law: it adds one link, and changes nothing of what React has made; where there is no header it stands at the edge. */
(() => {
  "use strict";
  const PLACE = "./locust-ext/";
  const TAB = "Live";
  const link = document.createElement("a");
  link.href = PLACE;
  link.textContent = "Live page";
  link.title = "Watch and steer the test on the live page of locust_ext";
  const look = "font:600 15px system-ui,sans-serif;padding:.45rem .9rem;border:1px solid currentColor;border-radius:.4rem;white-space:nowrap;";
  const inHeader = look + "margin-left:1rem;color:inherit;text-decoration:none";
  const atTheEdge = look + "position:fixed;left:1rem;bottom:1rem;z-index:9999;background:#fff;color:#1d2026";

  function place() {
    const header = document.querySelector("header .MuiToolbar-root") || document.querySelector("header");
    const home = header || document.body;
    if (link.parentElement === home) return;
    link.style.cssText = header ? inHeader : atTheEdge;
    home.append(link);
  }

  new MutationObserver(place).observe(document.body, { childList: true, subtree: true });
  place();
  addEventListener("click", (press) => {
    const tab = press.target instanceof Element && press.target.closest("[role=tab]");
    if (!tab || tab.textContent.trim() !== TAB) return;
    press.preventDefault();
    press.stopPropagation();
    location.href = PLACE;
  }, true);
})();
