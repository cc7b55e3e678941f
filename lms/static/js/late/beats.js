// The page's side of a viewing: opens it, numbers the beats, keeps what is unsent in localStorage, and sends it when there is a network.
// Beats carry no time of this device. Not bound to an element: the player and the reader each make one.

const OLDEST = 25 * 3600 * 1000;
const BATCH = 100;
const SHORTEST_WAIT = 4;
const LONGEST_WAIT = 60;
const OFFLINE = "网络断开，已记在本机，恢复后补交";

export class Beats {
  // onState hears what is wrong with the connection ("" when it is right again), onKept each answer, onEnded the end of
  // the viewing; onLeaving is asked for a last beat when the page goes out of sight.
  constructor({ lesson, person, onState, onKept, onEnded, onLeaving }) {
    Object.assign(this, { lesson, person, onState, onKept, onEnded });
    this.viewing = null;
    this.sequence = 0;
    this.wait = SHORTEST_WAIT;
    this.input = true;
    const leave = () => {
      this.leaving = true;
      onLeaving();
      this.leaving = false;
      this.send({ leaving: true });
    };
    window.addEventListener("online", () => this.send());
    window.addEventListener("offline", () => this.isOpen && this.say(OFFLINE));
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.hidden && leave());
    this.sendLeftovers();
  }

  say(words) {
    if (words || this.said) this.onState(words);
    this.said = words;
  }

  get isOpen() {
    return this.viewing !== null;
  }

  // The server's answer, or null when there is no network; then the person is told.
  async open() {
    this.opening ??= this.begin().finally(() => (this.opening = null));
    return this.opening;
  }

  async begin() {
    try {
      const opened = await post("/api/viewings", { lesson_id: this.lesson });
      this.viewing = opened.viewing_id;
      this.sequence = 0;
      this.say("");
      return opened;
    } catch (problem) {
      this.say(problem.words || "网络断开，连上后才能继续学");
      return null;
    }
  }

  add(from, to, { speed = 100, pages = [] } = {}) {
    if (!this.isOpen) return;
    const beat = { sequence: ++this.sequence, from_millis: Math.round(from), to_millis: Math.round(to), speed_percent: speed, has_input: this.input };
    if (pages.length) beat.pages = pages;
    this.input = false;
    const kept = read(this.key(this.viewing)) || { beats: [] };
    write(this.key(this.viewing), { beats: [...kept.beats, beat], at: Date.now() });
    if (!this.leaving) this.send();
  }

  key(viewing) {
    return `lms.beats.${this.person}.${viewing}`;
  }

  async send({ leaving = false } = {}) {
    if (!this.isOpen || (this.sending && !leaving)) return;
    const viewing = this.viewing;
    const beats = (read(this.key(viewing))?.beats || []).slice(0, BATCH);
    if (!beats.length) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      const kept = await post(`/api/viewings/${viewing}/beats`, { beats }, leaving);
      this.wait = SHORTEST_WAIT;
      this.settle(viewing, kept.accepted_through);
      this.say("");
      this.onKept(kept);
      if (kept.ended && viewing === this.viewing) {
        this.viewing = null;
        this.onEnded(kept.message);
      }
    } catch (problem) {
      this.refused(viewing, problem);
    } finally {
      this.sending = false;
    }
    if (read(this.key(viewing))?.beats.length && this.wait === SHORTEST_WAIT) this.send();
  }

  refused(viewing, problem) {
    if ([404, 422].includes(problem.status)) drop(this.key(viewing));
    this.say(problem.status ? `${problem.words}学过的已记在本机。` : OFFLINE);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.timer = setTimeout(() => this.send(), this.wait * 1000);
  }

  settle(viewing, through) {
    const rest = (read(this.key(viewing))?.beats || []).filter((beat) => beat.sequence > through);
    if (rest.length) write(this.key(viewing), { beats: rest, at: Date.now() });
    else drop(this.key(viewing));
  }

  // What earlier pages of this person could not send; the server counts it within a day.
  async sendLeftovers() {
    const mine = `lms.beats.${this.person}.`;
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(mine))) {
      const kept = read(key);
      const viewing = Number(key.slice(mine.length));
      if (!kept || Date.now() - kept.at > OLDEST) drop(key);
      else if (viewing !== this.viewing) await this.sendLeftover(viewing, kept.beats);
    }
  }

  async sendLeftover(viewing, beats) {
    try {
      for (let first = 0; first < beats.length; first += BATCH) {
        const kept = await post(`/api/viewings/${viewing}/beats`, { beats: beats.slice(first, first + BATCH) });
        this.settle(viewing, kept.accepted_through);
      }
      this.onState("上次断网时学的已补交");
    } catch (problem) {
      if ([404, 422].includes(problem.status)) drop(this.key(viewing));
    }
  }
}

async function post(url, body, keepalive = false) {
  const response = await fetch(url, {
    method: "POST",
    keepalive,
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const words = response.status === 401 ? "登录已过期，请重新登录。" : answer.error || "系统正忙，稍后自动再试。";
  throw Object.assign(new Error(words), { status: response.status, words });
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: what cannot be kept is sent at once, as always.
  }
}

function drop(key) {
  localStorage.removeItem(key);
}

// Seconds since anybody touched the page; `onInput` hears each touch.
export function watchInput(onInput) {
  let last = performance.now();
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"]) {
    window.addEventListener(kind, () => { last = performance.now(); onInput(); }, { passive: true });
  }
  return () => (performance.now() - last) / 1000;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
