// When the page of a contest attempt is left: kept on the device, told to the server when it can be reached, told again until it has
// answered. An id for each leave makes a repeat harmless.

import { token } from "./exam-outbox.js";

const COUNTS_FROM = 3000; // milliseconds; shorter is a slip of the finger or a reload
const AGAIN_AFTER = 20000;
const AT_ONCE = 50;

export class Leaves {
  #store;
  #send;
  #left = new Map(); // id → {at, away}: device milliseconds when it was left, seconds it stayed so (null: it still is)
  #told = new Map(); // id → the away that the server has
  #open = null;
  #timer = 0;
  #stopped = false;

  // `send(body)` posts and resolves to {ok, status}; `kept` is what the store held.
  constructor(store, send, kept) {
    this.#store = store;
    this.#send = send;
    for (const [id, leave] of Object.entries(kept ?? {})) this.#left.set(id, leave);
    for (const [id, leave] of this.#left) if (leave.away === null) this.#end(id);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#begin() : this.#back()));
    window.addEventListener("blur", () => this.#begin());
    window.addEventListener("focus", () => this.#back());
    window.addEventListener("pagehide", () => this.#begin());
    window.addEventListener("online", () => this.#soon(0));
    this.#soon(0);
  }

  // What is still to be told goes out once more; then nothing is noted any more.
  async stop() {
    this.#stopped = true;
    if (this.#open) this.#end(this.#open);
    await this.#tell();
  }

  #begin() {
    if (this.#open || this.#stopped) return;
    this.#open = token();
    this.#left.set(this.#open, { at: Date.now(), away: null });
    this.#keep();
    this.#soon(COUNTS_FROM);
  }

  #back() {
    if (!this.#open || document.hidden) return;
    this.#end(this.#open);
    this.#open = null;
    this.#soon(0);
  }

  #end(id) {
    const leave = this.#left.get(id);
    const away = Math.max(0, Date.now() - leave.at);
    if (away < COUNTS_FROM && !this.#told.has(id)) this.#left.delete(id);
    else leave.away = Math.round(away / 1000);
    this.#keep();
  }

  #keep() {
    this.#store.put("leaves", Object.fromEntries(this.#left));
  }

  #soon(milliseconds) {
    clearTimeout(this.#timer);
    if (this.#left.size) this.#timer = setTimeout(() => this.#tell(), milliseconds);
  }

  async #tell() {
    clearTimeout(this.#timer);
    const now = Date.now();
    const due = [...this.#left].filter(([id, { at, away }]) => this.#told.get(id) !== away && (away !== null || now - at >= COUNTS_FROM - 100));
    if (!due.length) return;
    const chosen = due.slice(0, AT_ONCE);
    const leaves = chosen.map(([id, { at, away }]) => ({ id, seconds_ago: Math.max(0, Math.round((now - at) / 1000)), away_seconds: away }));
    const reply = await this.#send({ leaves });
    if (!reply.ok && (reply.status === 0 || reply.status >= 500 || reply.status === 401)) return this.#stopped || this.#soon(AGAIN_AFTER);
    for (const [id, { away }] of chosen) {
      this.#told.set(id, away);
      if (away !== null) this.#left.delete(id);
    }
    this.#keep();
    if (due.length > AT_ONCE) await this.#tell();
  }
}
