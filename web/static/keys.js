// Keys for people who decide fifty documents before nine.  Everything works without this file: it only presses the buttons
// and follows the links that are on the page.
"use strict";

(() => {
  const opened = performance.now();
  const SETTLES_MS = 400; // a key that was meant for the page before must not decide this one

  const byId = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll(".register a.open")];

  function move(step) {
    const links = rows();
    if (!links.length) return;
    const now = links.indexOf(document.activeElement);
    const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
    links[next].focus();
    links[next].closest(".row").scrollIntoView({ block: "nearest" });
  }

  function follow(key) {
    const link = document.querySelector(`a[data-key="${key}"]`);
    if (link) link.click();
  }

  function approve() {
    const form = byId("approve");
    if (form) form.requestSubmit();
  }

  function ask(id) {
    const act = byId(id);
    if (!act) return;
    act.open = true;
    act.querySelector("form").scrollIntoView({ block: "nearest" });
    act.querySelector("input[type=radio]").focus({ preventScroll: true });
  }

  function help() {
    const dialog = byId("help");
    if (dialog && !dialog.open) dialog.showModal();
  }

  const decisions = { a: approve, r: () => ask("return"), c: () => ask("release") };
  const moves = {
    j: () => move(1),
    k: () => move(-1),
    n: () => follow("n"),
    u: () => follow("u"),
    "?": help,
    "/": () => byId("q") && byId("q").focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
    const writing = event.target.closest("input, textarea, select, dialog");
    if (event.key === "Escape" && event.target.closest("details.act")) {
      const act = event.target.closest("details.act");
      act.open = false;
      act.querySelector("summary").focus();
      return;
    }
    if (writing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const decide = decisions[key];
    if (decide && performance.now() - opened < SETTLES_MS) return;
    const act = decide || moves[key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // One press, one decision: the second click of a double click must not reach the server.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.sent = "1";
    const button = event.target.querySelector("button[type=submit]");
    if (button) setTimeout(() => { button.disabled = true; }, 0);
  });

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload(); // the back button must not show a decided case as waiting
  });

  // Who comes back to a list after a minute elsewhere sees it as it is now.
  const STALE_MS = 60000;
  let left = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) left = performance.now();
    else if (document.querySelector(".tabs") && left && performance.now() - left > STALE_MS) window.location.reload();
  });

  for (const button of document.querySelectorAll("[data-opens=help]")) {
    button.hidden = false;
    button.addEventListener("click", help);
  }

  // Looks ahead for the next page: turning it is instant, and its link goes away behind the last page.
  const turn = document.querySelector("a[data-ahead]");
  if (turn) {
    const image = new Image();
    image.addEventListener("error", () => {
      const nav = turn.closest("nav");
      turn.remove();
      if (!nav.querySelector("a")) nav.remove();
    });
    image.src = turn.dataset.ahead;
  }
})();
