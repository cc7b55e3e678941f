// Answers on their way: kept in memory and on the device until the server has acknowledged them, sent again with growing pauses.
// A sequence per question makes a repeat harmless and lets the newest choice win, whatever arrives first.

const SHOW_UNSAVED_AFTER = 3000;
const GIVE_UP_AFTER = 8000;
const PAUSES = [1000, 2000, 4000, 8000, 15000];

export class Outbox {
  #api;
  #store;
  #tell;
  #waiting = new Map(); // position → {sequence, choice, base, tried, refused}: what the server had when it was chosen, what was sent since
  #known = new Map(); // position → {sequence, choice} as the server has it
  #lease = token();
  #leased = false;
  #busy = null;
  #failures = 0;
  #timer = 0;
  #alarm = 0;
  #overdue = false;
  #stopped = false;

  constructor(api, store, tell) {
    this.#api = api;
    this.#store = store;
    this.#tell = tell;
    window.addEventListener("online", () => this.#soon(0));
    window.addEventListener("offline", () => this.#report());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
  }

  get size() {
    return this.#waiting.size;
  }

  // Answers that could still reach the server.
  get pending() {
    return [...this.#waiting.values()].filter((answer) => !answer.refused).length;
  }

  know(position, sequence, choice) {
    this.#known.set(position, { sequence, choice });
  }

  // After a reload: what the device kept is shown, unless the server has that or has heard from another device since. A choice made
  // while the store was being read is newer than what it held.
  restore(kept, apply) {
    if (kept.has("lease")) this.#lease = kept.get("lease");
    else this.#store.put("lease", this.#lease);
    for (const [name, answer] of kept) {
      if (!name.startsWith("answer/")) continue;
      const position = Number(name.slice("answer/".length));
      const known = this.#known.get(position);
      const newer = this.#waiting.get(position);
      if (newer) newer.sequence = Math.max(newer.sequence, answer.sequence + 1);
      else if (known && answer.sequence > known.sequence && isOurs(answer, known)) {
        this.#waiting.set(position, { ...answer, refused: false });
        apply(position, answer.choice);
      }
      this.#keep(position);
    }
    this.#watch();
  }

  put(position, choice, pause = 0) {
    const before = this.#waiting.get(position);
    const known = this.#known.get(position)?.sequence ?? 0;
    const sequence = Math.max(before?.sequence ?? 0, known) + 1;
    this.#waiting.set(position, { sequence, choice, base: before?.base ?? known, tried: before?.tried ?? {} });
    this.#keep(position);
    this.#watch();
    this.#soon(pause);
  }

  async lease(takeOver) {
    const reply = await this.send(`${this.#api}/lease`, { lease: this.#lease, take_over: takeOver });
    // After the time no device writes any more, but what was kept here is still taken, as late.
    if (reply.ok || reply.reason) this.#leased = reply.ok || reply.reason === "time";
    if (reply.ok) this.#time(reply);
    if (this.#leased) this.#soon(0);
    if (reply.ok) return true;
    if (reply.reason === "lease") this.#tell.lost(reply.error);
    else if (reply.reason === "ended") this.#tell.ended();
    else if (reply.status === 0 || reply.status >= 500) setTimeout(() => this.#stopped || this.lease(takeOver), 3000);
    else if (reply.status === 401) this.#signedOut();
    else this.#tell.refused(reply.error);
    return false;
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
      if (waiting) this.#keep(item);
    }
    this.#time(reply);
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

  // A page that was asleep asks for the server's time.
  #wake() {
    if (!this.#stopped && this.#leased) this.lease(false);
  }

  #soon(milliseconds) {
    clearTimeout(this.#timer);
    if (!this.#stopped && this.#leased && this.pending) this.#timer = setTimeout(() => this.#pump(), milliseconds);
  }

  #pump() {
    this.#busy ??= this.#sendAll().finally(() => (this.#busy = null));
    return this.#busy;
  }

  async #sendAll() {
    while (this.pending && this.#leased && !this.#stopped) {
      const [position, answer] = [...this.#waiting].find(([, each]) => !each.refused);
      const { sequence, choice } = answer;
      answer.tried[sequence] = choice;
      this.#keep(position);
      const reply = await this.send(`${this.#api}/answers`, { item: position, sequence, choice, lease: this.#lease });
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
      this.#failures++;
      this.#report();
      this.#tell.lost(reply.error);
      return false;
    }
    if (reply.reason === "ended") {
      this.#tell.ended();
      return false;
    }
    if (reply.status === 404 || reply.status === 422) {
      answer.refused = true; // it stays unsaved, and is said to be, until something else is chosen
      this.#tell.refused(reply.error);
      this.#report();
      return true;
    }
    if (reply.status === 401) this.#signedOut();
    this.#soon(PAUSES[Math.min(this.#failures++, PAUSES.length - 1)]);
    this.#report();
    return false;
  }

  #done(position, answer) {
    this.know(position, answer.sequence, answer.choice);
    if (this.#waiting.get(position)?.sequence === answer.sequence) this.#waiting.delete(position);
    this.#keep(position);
    clearTimeout(this.#alarm);
    this.#alarm = 0;
    this.#overdue = false;
    this.#watch();
  }

  #signedOut() {
    this.#tell.refused("登录已失效。请在新的页面登录，再回到这里；已答的题留在本机，登录后自动补交。");
  }

  #time(reply) {
    if (typeof reply.seconds_left === "number") this.#tell.time(reply.seconds_left);
  }

  // What waits too long is no longer "being saved", whatever holds it up.
  #watch() {
    if (this.size && !this.#alarm) {
      this.#alarm = setTimeout(() => {
        this.#overdue = true;
        this.#report();
      }, SHOW_UNSAVED_AFTER);
    }
    this.#report();
  }

  #report() {
    const refused = this.size > this.pending;
    const state = !this.size ? "saved" : this.#overdue || this.#failures || refused || !navigator.onLine ? "unsaved" : "saving";
    this.#tell.changed(state, this.size);
  }

  #keep(position) {
    const answer = this.#waiting.get(position);
    if (answer) this.#store.put(`answer/${position}`, answer);
    else this.#store.remove(`answer/${position}`);
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
        keepalive: true,
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
}

// Whether what the server has comes from this device: it had it when the choice was made, or got it from here since.
function isOurs(answer, known) {
  return known.sequence <= answer.base || JSON.stringify(answer.tried[known.sequence]) === JSON.stringify(known.choice);
}

const csrf = () => document.querySelector("meta[name=csrf-token]");

// After signing in again in another tab the page's token is stale; a fresh page carries the new one.
async function renewToken() {
  const page = await fetch(location.pathname).then(
    (answer) => answer.text(),
    () => "",
  );
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("meta[name=csrf-token]");
  if (!fresh || fresh.content === csrf().content) return false;
  csrf().content = fresh.content;
  return true;
}

export function token() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
