// What the console does beside keys: one press is one decision, a page in place of another, lists that are as things are now.
// Everything works without this file.
"use strict";

(() => {
  const main = () => document.getElementById("main");

  // One press, one decision: the second click of a double click must not reach the server.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter || form.querySelector("button[type=submit]");
    if (button) setTimeout(() => { button.disabled = true; }, 0);
  }, true);

  function mayBeSentAgain() {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button[disabled]")) button.disabled = false;
    }
  }

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload(); // the back button must not show a decided case as waiting
  });

  // A page in place of another (htmx): as if it had been opened, for keys and for those who listen to it being read.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "main") return;
    document.dispatchEvent(new Event("console:opened"));
    main().focus({ preventScroll: true });
    lookAhead();
  });

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      mayBeSentAgain();
      if (!event.target.closest("form, a")) return; // a list that refreshes itself tries again by itself
      const template = document.getElementById("not-reached");
      if (template && !document.querySelector(".not-reached")) main().prepend(template.content.cloneNode(true));
      window.scrollTo(0, 0);
    });
  }

  // Who comes back to a list after a minute elsewhere sees it as it is now, unless rows are chosen.
  const STALE_MS = 60000;
  let left = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) left = performance.now();
    else if (left && performance.now() - left > STALE_MS && document.querySelector(".tabs") && !document.querySelector(".register input:checked")) window.location.reload();
  });

  // A list that is on the screen is fetched anew now and then, as long as nobody is at work in it.
  const REFRESH_MS = 30000;
  setInterval(() => {
    const list = document.getElementById("list");
    const busy = document.hidden || document.querySelector(".register input:checked, dialog[open], details.fold[open]");
    if (list && !busy && !document.activeElement.matches("input, select, textarea")) list.dispatchEvent(new Event("console:refresh"));
  }, REFRESH_MS);

  // What unfolds from the bar folds again when one presses elsewhere.
  document.addEventListener("click", (event) => {
    for (const fold of document.querySelectorAll("details.fold[open]")) if (!fold.contains(event.target)) fold.open = false;
  });

  // Looks ahead for the next page of a document and for the next case: turning to it is instant.  The link to a page behind
  // the last one goes away.
  function lookAhead() {
    for (const link of document.querySelectorAll("a[data-ahead]")) {
      const image = new Image();
      image.addEventListener("error", () => {
        const nav = link.closest("nav.page-turn");
        if (!nav) return;
        link.remove();
        if (!nav.querySelector("a")) nav.remove();
      });
      image.src = link.dataset.ahead;
    }
  }
  lookAhead();
})();
