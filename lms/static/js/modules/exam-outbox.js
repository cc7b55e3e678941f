// Answers on their way: kept in memory and localStorage until the server has acknowledged them, sent again with growing pauses.
// A sequence per question makes a repeat harmless and lets the newest choice win, whatever arrives first.

const SHOW_UNSAVED_AFTER = 3000;
const GIVE_UP_AFTER = 8000;
const PAUSES = [1000, 2000, 4000, 8000, 15000];

export class Outbox {
  #key;
  #api;
  #tell;
  #waiting = new Map(); // position → {sequence, choice, base, tried}: what the server had when it was chosen, and what was sent since
  #known = new Map(); // position → {sequence, choice} as the server has it
  #lease;
  #leased = false;
  #busy = null;
  #failures = 0;
  #timer = 0;
  #stopped = false;

  constructor(attempt, api, tell) {
    this.#key = `lms.attempt.${attempt}`;
    this.#api = api;
    this.#tell = tell;
    const kept = this.#read();
    this.#lease = kept.lease ?? token();
    for (const [position, answer] of Object.entries(kept.waiting ?? {})) this.#waiting.set(Number(position), answer);
    window.addEventListener("online", () => this.#soon(0));
    document.addEventListener("visibilitychange", () => document.hidden || this.#soon(0));
  }

  get size() {
    return this.#waiting.size;
  }

  know(position, sequence, choice) {
    this.#known.set(position, { sequence, choice });
  }

  // After a reload: what the device kept is shown, unless the server has that or has heard from another device since.
  restore(apply) {
    for (const [position, answer] of this.#waiting) {
      const known = this.#known.get(position);
      if (known && answer.sequence > known.sequence && isOurs(answer, known)) apply(position, answer.choice);
      else this.#waiting.delete(position);
    }
    this.#write();
    this.#report();
  }

  put(position, choice, pause = 0) {
    const before = this.#waiting.get(position);
    const known = this.#known.get(position)?.sequence ?? 0;
    const sequence = Math.max(before?.sequence ?? 0, known) + 1;
    this.#waiting.set(position, { sequence, choice, base: before?.base ?? known, tried: before?.tried ?? {} });
    this.#write();
    this.#report();
    this.#soon(pause);
  }

  async lease(takeOver) {
    const reply = await this.send(`${this.#api}/lease`, { lease: this.#lease, take_over: takeOver });
    this.#leased = reply.ok;
    if (reply.ok) this.#time(reply);
    if (reply.ok) this.#soon(0);
    else if (reply.reason === "lease") this.#tell.lost(reply.error);
    else if (reply.reason === "ended") this.#tell.ended();
    else if (reply.status === 0 || reply.status >= 500) setTimeout(() => this.#stopped || this.lease(takeOver), 3000);
    else this.#tell.refused(reply.error);
    return reply.ok;
  }

  // Takes over what another device has saved; own answers that wait stay and become newer than those.
  async resync(apply) {
    const reply = await this.send(this.#api, null);
    if (!reply.ok) return;
    if (reply.state !== "open") return this.#tell.ended();
    for (const { item, sequence, choice } of reply.questions) {
      const waiting = this.#waiting.get(item);
      if (waiting) waiting.sequence = Math.max(waiting.sequence, sequence + 1);
      else apply(item, choice);
      this.know(item, sequence, choice);
    }
    this.#time(reply);
    this.#write();
  }

  // Resolves when nothing waits any more, or when the server cannot be reached.
  async flush() {
    clearTimeout(this.#timer);
    await this.#busy;
    await this.#pump();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #soon(milliseconds) {
    clearTimeout(this.#timer);
    if (!this.#stopped && this.#leased && this.#waiting.size) this.#timer = setTimeout(() => this.#pump(), milliseconds);
  }

  #pump() {
    this.#busy ??= this.#sendAll().finally(() => (this.#busy = null));
    return this.#busy;
  }

  async #sendAll() {
    while (this.#waiting.size && this.#leased && !this.#stopped) {
      const [position, answer] = this.#waiting.entries().next().value;
      const unsaved = setTimeout(() => this.#report("unsaved"), SHOW_UNSAVED_AFTER);
      const { sequence, choice } = answer;
      answer.tried[sequence] = choice;
      this.#write();
      const reply = await this.send(`${this.#api}/answers`, { item: position, sequence, choice, lease: this.#lease });
      clearTimeout(unsaved);
      if (!(await this.#settle(position, answer, reply))) return;
    }
    this.#report();
  }

  // False when sending has to pause.
  async #settle(position, answer, reply) {
    if (reply.ok) {
      this.#failures = 0;
      this.#done(position, answer);
      if (!reply.counted) this.#tell.late();
      this.#time(reply);
      return true;
    }
    if (reply.reason === "sequence") {
      await this.resync(() => {});
      return true;
    }
    if (reply.reason === "lease") {
      this.#leased = false;
      this.#report("unsaved");
      this.#tell.lost(reply.error);
      return false;
    }
    if (reply.reason === "ended") {
      this.#tell.ended();
      return false;
    }
    if (reply.status === 404 || reply.status === 422) {
      this.#done(position, answer);
      this.#tell.refused(reply.error);
      return true;
    }
    if (reply.status === 401) this.#tell.refused("登录已失效。请在新的页面登录，再回到这里；已答的题留在本机，登录后自动补交。");
    this.#report("unsaved");
    this.#soon(PAUSES[Math.min(this.#failures++, PAUSES.length - 1)]);
    return false;
  }

  #done(position, answer) {
    this.know(position, answer.sequence, answer.choice);
    if (this.#waiting.get(position)?.sequence === answer.sequence) this.#waiting.delete(position);
    this.#write();
  }

  #time(reply) {
    if (typeof reply.seconds_left === "number") this.#tell.time(reply.seconds_left);
  }

  #report(state) {
    this.#tell.changed(this.#waiting.size ? (state ?? (this.#failures ? "unsaved" : "saving")) : "saved", this.#waiting.size);
  }

  // --- the wire: {ok, status, …body}; status 0 when there was no answer

  async send(url, body, again = true) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), GIVE_UP_AFTER);
    try {
      const answer = await fetch(url, {
        method: body ? "POST" : "GET",
        headers: body ? { "Content-Type": "application/json", "X-CSRF-Token": csrf().content } : {},
        body: body ? JSON.stringify(body) : undefined,
        signal: stop.signal,
      });
      if (answer.status === 400 && again && (await renewToken())) return this.send(url, body, false);
      return { ...(await answer.json().catch(() => ({}))), ok: answer.ok, status: answer.status };
    } catch {
      return { ok: false, status: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.#key)) ?? {};
    } catch {
      return {};
    }
  }

  #write() {
    try {
      localStorage.setItem(this.#key, JSON.stringify({ lease: this.#lease, waiting: Object.fromEntries(this.#waiting) }));
    } catch {
      // A full or forbidden store leaves the copy in memory.
    }
  }
}

// Whether what the server has comes from this device: it had it when the choice was made, or got it from here since.
function isOurs(answer, known) {
  return known.sequence <= answer.base || JSON.stringify(answer.tried[known.sequence]) === JSON.stringify(known.choice);
}

const csrf = () => document.querySelector("meta[name=csrf-token]");

// After signing in again in another tab the page's token is stale; a fresh page carries the new one.
async function renewToken() {
  const page = await fetch(location.pathname).then((answer) => answer.text());
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("meta[name=csrf-token]");
  if (!fresh || fresh.content === csrf().content) return false;
  csrf().content = fresh.content;
  return true;
}

function token() {
  return Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
