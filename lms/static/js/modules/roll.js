// The roll by tap: each tap is kept on the device and sent at once, or when there is a network again; once, by an operation id that stays
// with its batch. Who signs in by the code meanwhile appears here. Without this script the same form is saved with its button.

import { Store } from "./exam-store.js";
import { token } from "./exam-outbox.js";

const PAUSES = [1000, 2000, 4000, 8000, 15000];
const POLL = 5000;

export default function roll(form) {
  const api = `/api/gatherings/${form.dataset.gathering}/marks`;
  const store = new Store(`roll-${form.dataset.gathering}-${document.querySelector("meta[name=person]").content}`);
  const known = new Map(); // person → option as the server has it
  const waiting = new Map(); // person → tap not in a batch yet
  let batch = null; // {operation, taps} on its way, the same until it is acknowledged
  let failures = 0;
  let refused = "";
  let busy = null;
  let timer = 0;

  for (const line of lines()) known.set(line.dataset.person, chosen(line));
  form.querySelector("[data-roll-save]").hidden = true;
  form.addEventListener("change", (event) => {
    const line = event.target.closest("[data-person]");
    if (line) tapped(line);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("[data-roll-all]")?.addEventListener("submit", allPresent);
  document.querySelector("[data-roll-closing]")?.addEventListener("submit", beforeClosing, true);
  window.addEventListener("online", () => soon(0));
  document.addEventListener("visibilitychange", () => document.hidden || look());
  store.all().then(restore);
  setInterval(look, POLL);

  function* lines() {
    yield* form.querySelectorAll("[data-person]");
  }

  function tapped(line) {
    const person = line.dataset.person;
    waiting.set(person, { person: Number(person), option: chosen(line), seen: known.get(person) });
    keep();
    soon(0);
  }

  function allPresent(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const line of lines()) {
      if (!("due" in line.dataset) || chosen(line)) continue;
      choose(line, "present");
      tapped(line);
    }
  }

  // What was kept is shown and sent; a tap made while the store was being read is newer.
  function restore(kept) {
    batch = kept.get("batch") ?? batch;
    for (const tap of kept.get("waiting") ?? []) {
      if (!waiting.has(String(tap.person))) waiting.set(String(tap.person), tap);
    }
    for (const tap of [...(batch?.taps ?? []), ...waiting.values()]) {
      const line = form.querySelector(`[data-person="${tap.person}"]`);
      if (line) choose(line, tap.option);
    }
    soon(0);
    report();
  }

  async function beforeClosing(event) {
    if (!pending()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const closing = event.target;
    await flush();
    if (!pending()) closing.requestSubmit();
    else say("没有网络，点名已存在本机，有网后自动发送，然后再结束点名。", true);
  }

  const pending = () => waiting.size + (batch?.taps.length ?? 0);

  function soon(milliseconds) {
    clearTimeout(timer);
    if (pending()) timer = setTimeout(flush, milliseconds);
    report();
  }

  function flush() {
    busy ??= sendAll().finally(() => (busy = null));
    return busy;
  }

  async function sendAll() {
    while (pending()) {
      if (!batch) {
        batch = { operation: token(), taps: [...waiting.values()] };
        waiting.clear();
        keep();
      }
      const status = await send(batch);
      if (status === 0 || status === 400 || status === 401 || status === 409 || status >= 500) {
        soon(PAUSES[Math.min(failures++, PAUSES.length - 1)]);
        return;
      }
      failures = 0;
      if (status < 300) batch.taps.forEach((tap) => known.set(String(tap.person), tap.option));
      batch = null; // saved, or refused for good
      keep();
      report();
    }
    look();
  }

  async function send({ operation, taps }) {
    try {
      const answer = await fetch(api, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf(), "X-Operation-Id": operation },
        body: JSON.stringify({ taps, way: form.dataset.way }),
        signal: AbortSignal.timeout ? AbortSignal.timeout(15000) : undefined,
      });
      refused = answer.ok ? "" : ((await answer.json().catch(() => ({}))).error ?? "");
      if (answer.status === 400) await renew();
      return answer.status;
    } catch {
      refused = "";
      return 0;
    }
  }

  // How the roll stands on the server: what others did there appears, what waits here stays.
  async function look() {
    if (document.hidden || pending() || busy) return;
    const answer = await fetch(api, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok || pending()) return;
    const standing = await answer.json();
    for (const line of lines()) {
      const option = standing.marks[line.dataset.person];
      if (option === undefined) continue;
      known.set(line.dataset.person, option);
      if (option !== chosen(line)) choose(line, option);
    }
    report();
    if (standing.visitors) say(`${standing.visitors} 位来访人员待确认，刷新本页后确认。`);
  }

  function report() {
    const counts = { due: 0, present: 0, leave: 0, absent: 0, open: 0 };
    for (const line of lines()) {
      if (!("due" in line.dataset)) continue;
      counts.due++;
      counts[chosen(line).split("-")[0] || "open"]++;
    }
    for (const each of document.querySelectorAll("[data-count]")) each.textContent = counts[each.dataset.count];
    if (refused) say(refused, true);
    else if (!pending()) say("已全部保存。");
    else if (failures || !navigator.onLine) say(`${pending()} 人的点名存在本机，还没发出；有网后自动发送。`, true);
    else say("正在保存…");
  }

  function say(text, warn = false) {
    const said = form.querySelector("[data-roll-said]");
    if (said.textContent !== text) said.textContent = text;
    said.classList.toggle("roll-said-warn", warn);
  }

  function keep() {
    store.put("batch", batch);
    store.put("waiting", [...waiting.values()]);
  }
}

const chosen = (line) => line.querySelector("input[type=radio]:checked")?.value ?? "";

function choose(line, option) {
  for (const input of line.querySelectorAll("input[type=radio]")) input.checked = input.value === option;
}

const csrf = () => document.querySelector("meta[name=csrf-token]").content;

// Signed in anew in another tab: a fresh page carries the token that counts now.
async function renew() {
  const answer = await fetch("/login/token", { cache: "no-store" }).catch(() => null);
  const now = answer?.ok ? await answer.json().catch(() => null) : null;
  const mine = document.querySelector("meta[name=person]").content;
  if (now && String(now.person) === mine) document.querySelector("meta[name=csrf-token]").content = now.csrf_token;
}
