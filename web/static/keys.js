// Keys for people who decide fifty documents before nine.  Everything works without this file: it only presses the buttons
// and follows the links that are on the page.  Whatever carries data-key="x" is pressed by that key; with data-decides, only
// once the page has stood for a moment.
"use strict";

(() => {
  const SETTLES_MS = 400; // a key that was meant for the page before must not decide this one
  let opened = performance.now();
  document.addEventListener("console:opened", () => { opened = performance.now(); });

  const byId = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll(".register a.open")];

  function move(step) {
    const links = rows();
    if (!links.length) return;
    const row = document.activeElement.closest(".row");
    const now = row ? links.indexOf(row.querySelector("a.open")) : -1;
    const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
    links[next].focus();
    links[next].closest(".row").scrollIntoView({ block: "nearest" });
  }

  function select() {
    const row = document.activeElement.closest(".row");
    const box = row && row.querySelector("input[type=checkbox]");
    if (box) box.click();
  }

  function help() {
    const dialog = byId("help");
    if (dialog && !dialog.open) dialog.showModal();
  }

  // Back from a case: on its row again.
  const row = document.getElementById(location.hash.slice(1));
  const link = row && row.querySelector("a.open");
  if (link) link.focus();

  const moves = { j: () => move(1), k: () => move(-1), x: select, "?": help, "/": () => byId("q") && byId("q").focus() };

  function unfold(summary) {
    const details = summary.parentElement;
    details.open = true;
    details.scrollIntoView({ block: details.matches(".correct") ? "start" : "nearest" });
    const field = details.querySelector("input:not([type=hidden]), select, textarea");
    if (field) field.focus({ preventScroll: true });
  }

  function pressed(key) {
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((each) => each.offsetParent);
    if (!target) return false;
    if (!("decides" in target.dataset) || performance.now() - opened >= SETTLES_MS) {
      if (target.matches("summary")) unfold(target);
      else if (target.matches("select")) target.focus();
      else target.click();
    }
    return true;
  }

  // In a form that asks for a reason, a figure chooses one.
  function chosen(event) {
    const form = event.target.closest(".reason-form");
    if (!form || !/^[1-9]$/.test(event.key) || event.target.matches("textarea, input:not([type=radio])")) return false;
    const radio = form.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (!radio) return false;
    radio.checked = true;
    radio.focus();
    return true;
  }

  function closed(event) {
    const fold = event.target.closest("details.act, details.fold") || document.querySelector("details.fold[open]");
    if (event.key !== "Escape" || !fold || !fold.open) return false;
    fold.open = false;
    fold.querySelector("summary").focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
    if (closed(event)) return;
    if (chosen(event)) {
      event.preventDefault();
      return;
    }
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (moves[key]) moves[key]();
    else if (!pressed(key)) return;
    event.preventDefault();
  });

  for (const button of document.querySelectorAll("[data-opens=help]")) {
    button.hidden = false;
    button.addEventListener("click", help);
  }
})();
