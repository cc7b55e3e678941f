// The calls of an upload: each is tried until the server says yes or no, with growing pauses, and at once when the network or the page
// comes back. `cut(true)` while something is in the way, with a sentence when it is not just the network.

const PAUSES = [1000, 2000, 4000, 8000, 15000, 30000];
const QUIET_TOO_LONG = 30000;
export const CUT = "已断开，会自动继续。";
const SIGNED_OUT = "登录已过期。请在新窗口登录，登录后会自动继续。";

export class Wire {
  #cut;
  #inTheWay = new Set();
  #wake = new Set();
  #open = new Set();
  #stopped = false;

  constructor(cut) {
    this.#cut = cut;
    const wake = () => document.hidden || this.#wake.forEach((go) => go());
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
  }

  stop() {
    this.#stopped = true;
    this.#wake.forEach((go) => go());
    this.#open.forEach((request) => request.abort());
  }

  // The answer {status, …body}, never one that a repeat may change.
  json(method, path, body) {
    return this.#untilAnswered(() => this.#send(method, path, { "Content-Type": "application/json" }, body && JSON.stringify(body)));
  }

  bytes(path, headers, content, loaded) {
    return this.#untilAnswered(() => this.#send("POST", path, { "Content-Type": "application/octet-stream", ...headers }, content, loaded));
  }

  // To the storage's own address: one try, as a new one needs a new address.
  async put(url, headers, content, loaded) {
    return this.#request("PUT", url, headers, content, loaded);
  }

  async pause(milliseconds) {
    if (this.#stopped) return;
    await new Promise((go) => {
      const timer = setTimeout(() => wake(), milliseconds);
      const wake = () => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        go();
      };
      this.#wake.add(wake);
    });
  }

  async #untilAnswered(work) {
    const me = {};
    for (let failures = 0; !this.#stopped; failures++) {
      const reply = await work();
      if (!mayChange(reply) || (reply.status === 400 && failures >= 3)) {
        this.#report(me, false);
        return reply;
      }
      if (reply.status === 400 || reply.status === 401) {
        const signedIn = await renewToken();
        this.#report(me, true, signedIn ? "" : SIGNED_OUT);
        if (signedIn) continue;
      } else if (reply.status !== 429) this.#report(me, true);
      await this.pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
    }
    return { status: -1 };
  }

  #report(who, isCut, words = "") {
    if (isCut) this.#inTheWay.add(who);
    else this.#inTheWay.delete(who);
    this.#cut(this.#inTheWay.size > 0, words || CUT);
  }

  #send(method, path, headers, body, loaded) {
    return this.#request(method, path, { ...headers, Accept: "application/json", "X-CSRF-Token": csrf().content }, body, loaded);
  }

  // XMLHttpRequest, because fetch does not tell how much was sent. Whoever hears nothing for half a minute gives up and tries again.
  #request(method, url, headers, body, loaded = () => {}) {
    return new Promise((answer) => {
      const request = new XMLHttpRequest();
      let watch = 0;
      const heard = () => {
        clearTimeout(watch);
        watch = setTimeout(() => request.abort(), waitFor(body));
      };
      request.upload.addEventListener("progress", (event) => (heard(), loaded(event.loaded)));
      request.addEventListener("loadend", () => {
        clearTimeout(watch);
        this.#open.delete(request);
        answer({ ...parsed(request), status: request.status });
      });
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      this.#open.add(request);
      heard();
      request.send(body ?? null);
    });
  }
}

// Joining two gigabytes takes the server longer than a part may be silent.
const waitFor = (body) => (typeof body === "string" ? 10 * QUIET_TOO_LONG : QUIET_TOO_LONG);

const mayChange = ({ status }) => status === 0 || status >= 500 || [400, 401, 408, 429].includes(status);

function parsed(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

const csrf = () => document.querySelector("meta[name=csrf-token]");

// Whether this browser is still, or again, signed in as the person this page was made for.
async function renewToken() {
  try {
    const now = await (await fetch("/login/token", { cache: "no-store" })).json();
    if (String(now.person) !== document.querySelector("meta[name=person]")?.content) return false;
    csrf().content = now.csrf_token;
    return true;
  } catch {
    return false;
  }
}
