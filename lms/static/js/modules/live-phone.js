// A phone in the live quiz: polls the state that is the same for all, keeps the server's clock by echoes, sends one answer until it is
// heard. What is the person's own (answer, score, place) is asked for when it may have changed, spread over a few seconds.

import { ServerClock } from "./server-clock.js";

const POLL = 2000;
const ECHOES = [0, 800, 2500, 6000];
const ECHO = 120000;
const AGAIN = 700;
const SPREAD = 5000;
const LETTERS = "ABCDEFGHIJ";

export default function livePhone(element) {
  const clock = new ServerClock();
  const part = (name) => document.querySelector(`[data-live="${name}"]`);
  let state = null;
  let tag = null;
  let lost = 0;
  let trips = []; // {ms, sealed}
  let picked = []; // option numbers, not sent yet
  let sent = null; // {turn, choice, heard, problem}
  let mine = null;
  let asked = ""; // what `mine` was last asked for
  let askedTurn = null;
  let drawn = "";

  part("buttons").addEventListener("click", press);
  poll();
  ECHOES.forEach((wait) => setTimeout(echo, wait));
  setInterval(echo, ECHO);
  setInterval(show, 200);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  navigator.wakeLock?.request("screen").catch(() => null);

  async function poll() {
    await refresh();
    if (!state?.is_finished) setTimeout(poll, POLL * (0.85 + Math.random() * 0.3));
  }

  async function refresh() {
    try {
      const answer = await fetch(element.dataset.state, {
        headers: tag ? { "If-None-Match": tag } : {},
        cache: "no-store",
        signal: patience(6000),
      });
      if (answer.status === 200) {
        const told = await answer.json();
        if (state && told.sequence < state.sequence) return; // a proxy's older copy
        if (told.turn !== state?.turn) picked = [];
        [state, tag] = [told, answer.headers.get("ETag")];
        askMine();
      } else if (answer.status !== 304) throw new Error(String(answer.status));
      lost = 0;
    } catch {
      lost++;
    }
    show();
  }

  // At once when the page was opened, later with the others who saw the same reveal. A question that is new changes nothing of one's own.
  function askMine() {
    if (mine && state.phase === "asked" && state.turn !== askedTurn) return;
    askedTurn = state.turn;
    const wanted = `${state.turn} ${"key" in state} ${state.phase === "ranked"} ${state.is_voided} ${state.is_finished}`;
    if (wanted === asked) return;
    const wait = asked ? Math.random() * SPREAD : 0;
    asked = wanted;
    setTimeout(async () => {
      const answer = await fetch(element.dataset.mine, { cache: "no-store", signal: patience(8000) }).catch(() => null);
      if (answer?.ok) mine = await answer.json();
      else asked = `${asked}?`; // again with the next state
      if (mine?.choice && mine.turn === state.turn && !sent?.heard) sent = { turn: mine.turn, choice: mine.choice, heard: true };
      show();
    }, wait);
  }

  async function echo() {
    if (document.hidden || state?.is_finished) return;
    const began = performance.now();
    const first = await post(element.dataset.echo, {});
    if (!first?.ok) return;
    const told = await first.json();
    clock.sample(began, performance.now(), told.server_ms);
    // The nonce goes back at once: what it waits here would count as the network's.
    const back = await post(element.dataset.echo, { nonce: told.nonce });
    if (!back?.ok) return;
    const trip = await back.json();
    if (trip.trip) trips = [...trips, { ms: trip.round_trip_ms, sealed: trip.trip, at: performance.now() }].slice(-6);
  }

  const isAsked = () => state?.phase === "asked" && !state.is_paused && !state.is_finished;
  const isOpen = () => isAsked() && clock.isKnown && clock.at() >= state.opens_ms && clock.at() < state.ends_ms;
  const isMine = () => sent && sent.turn === state.turn;

  function press(event) {
    const button = event.target.closest("button");
    if (!button || !isOpen() || (isMine() && !sent.problem)) return;
    if (button.dataset.send !== undefined) return picked.length ? send(picked) : null;
    const number = Number(button.dataset.option);
    if (state.question.kind !== "multiple") return send([number]);
    picked = picked.includes(number) ? picked.filter((one) => one !== number) : [...picked, number];
    show();
  }

  function send(choice) {
    sent = { turn: state.turn, choice, heard: false, problem: "" };
    navigator.vibrate?.(40);
    deliver(sent);
    show();
  }

  // Until the server says that it has it, or why it will not.
  async function deliver(one) {
    const fresh = trips.filter((trip) => performance.now() - trip.at < 600000);
    const least = fresh.reduce((best, trip) => (best && best.ms <= trip.ms ? best : trip), null);
    const answer = await post(element.dataset.answers, { turn: one.turn, choice: one.choice, trip: least?.sealed ?? "" });
    if (answer?.ok) one.heard = true;
    else if (answer && answer.status < 500 && answer.status !== 429) one.problem = await said(answer);
    else if (state.turn === one.turn && !("key" in state)) setTimeout(() => deliver(one), AGAIN);
    show();
  }

  async function said(answer) {
    const told = await answer.json().catch(() => ({}));
    return told.error ?? "没有送到，请刷新页面再试。";
  }

  function show() {
    if (!state) return;
    text("status", status());
    text("clock", countdown());
    own();
    question();
    buttons();
    verdict();
    standings();
  }

  function status() {
    if (lost > 2) return "网络断了，正在重连；已按下的答案会继续送。";
    if (state.is_finished) return "同答结束";
    if (state.is_paused) return "暂停，请稍等";
    if (state.phase === "waiting") return "等主持人出题";
    if (state.phase === "ranked") return state.is_voided ? "这一题作废，不计分。等下一题" : "等下一题";
    const number = `第 ${state.question.number} 题，共 ${state.questions} 题`;
    if (state.phase === "revealed") return `${number} · 答案已公布`;
    if (!clock.isKnown) return number;
    if (clock.at() < state.opens_ms) return `${number} · 准备`;
    if (clock.at() < state.ends_ms) return `${number} · ${state.question.label}`;
    return `${number} · 已截止，等公布答案`;
  }

  function countdown() {
    if (!isAsked() || !clock.isKnown || clock.at() >= state.ends_ms) return "";
    const until = clock.at() < state.opens_ms ? state.opens_ms : state.ends_ms;
    return String(Math.max(0, Math.ceil((until - clock.at()) / 1000)));
  }

  function own() {
    if (!mine) return;
    const place = mine.place ? `第 ${mine.place} 名 · ` : "";
    text("own", mine.people ? `${place}${mine.score_millis / 1000} 分` : "");
  }

  const isVisible = () => state.question && (state.phase === "revealed" || (state.phase === "asked" && clock.isKnown && clock.at() >= state.opens_ms));

  function question() {
    const place = part("question");
    const mark = isVisible() ? `${state.turn}` : "";
    if (place.dataset.mark === mark) return;
    place.dataset.mark = mark;
    place.replaceChildren();
    if (!mark) return;
    if (state.question.material) place.append(made("p", state.question.material, "small"));
    place.append(made("p", state.question.stem, "live-stem"));
  }

  function buttons() {
    const place = part("buttons");
    const chosen = isMine() ? sent.choice : picked;
    const mark = isVisible() ? JSON.stringify([state.turn, state.key, isOpen(), chosen, sent?.heard, sent?.problem]) : "";
    if (drawn === mark) return;
    drawn = mark;
    const focus = document.activeElement?.dataset?.option;
    place.replaceChildren();
    if (!mark) return;
    const enabled = isOpen() && !(isMine() && !sent.problem);
    state.question.options.forEach(([number, words], index) => {
      const button = made("button", "", "live-button");
      button.type = "button";
      button.dataset.option = number;
      button.disabled = !enabled;
      button.setAttribute("aria-pressed", String(chosen.includes(number)));
      button.classList.toggle("is-right", Boolean(state.key?.includes(number)));
      button.append(made("span", LETTERS[index], "live-letter"), made("span", words + (state.key?.includes(number) ? "（正确）" : "")));
      place.append(button);
      if (focus !== undefined && Number(focus) === number) button.focus();
    });
    if (state.question.kind === "multiple" && enabled) {
      const button = made("button", picked.length ? `提交 ${picked.length} 项` : "可以选几项，选好再提交", "button button-primary live-send");
      button.type = "button";
      button.dataset.send = "";
      button.disabled = !picked.length;
      place.append(button);
    }
  }

  function verdict() {
    const place = part("said");
    const [words, kind] = saying();
    text("said", words);
    place.classList.toggle("is-right", kind === "right");
    place.classList.toggle("is-wrong", kind === "wrong");
  }

  function saying() {
    if (!state.question || state.is_voided || state.phase === "waiting" || state.phase === "ranked") return ["", ""];
    if (state.key) {
      if (!isMine()) return ["这一题你没有作答。", ""];
      if (!sent.heard) return [sent.problem || "答案没有送到，这一题不计。", "wrong"];
      const right = sent.choice.length === state.key.length && sent.choice.every((one) => state.key.includes(one));
      const partly = !right && sent.choice.every((one) => state.key.includes(one));
      return [right ? "答对了" : partly ? "选对一部分" : "答错了", right ? "right" : partly ? "" : "wrong"];
    }
    if (!isMine()) return isAsked() && clock.isKnown && clock.at() >= state.ends_ms ? ["这一题你没有作答。", ""] : ["", ""];
    if (sent.problem) return [sent.problem, "wrong"];
    return [sent.heard ? "已收到你的答案，等大家答完。" : "正在送出…", ""];
  }

  function standings() {
    const place = part("standings");
    const mark = state.top.length ? JSON.stringify([state.sequence, mine?.place, mine?.score_millis]) : "";
    if (place.dataset.mark === mark) return;
    place.dataset.mark = mark;
    place.replaceChildren();
    if (!mark) return;
    if (mine?.people) place.append(made("p", mine.place ? `你现在第 ${mine.place} 名，答对 ${mine.right} 题，用时 ${mine.seconds} 秒。` : `你答对 ${mine.right} 题，不参加排名。`));
    place.append(table("个人前几名", ["名次", "姓名", "得分"], state.top.map((one) => [one.place, one.unit ? `${one.name}（${one.unit}）` : one.name, one.score_millis / 1000])));
    if (state.units.length) place.append(table("单位前几名", ["名次", "单位", "得分"], state.units.map((one) => [one.place, one.name, (one.score_millis / 1000).toFixed(1)])));
    if (state.is_finished) {
      const link = made("a", "看榜单");
      link.href = element.dataset.board;
      place.append(link);
    }
  }

  function text(name, words) {
    const place = part(name);
    if (place.textContent !== words) place.textContent = words;
  }
}

function post(url, body) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
    body: JSON.stringify(body),
    cache: "no-store",
    signal: patience(6000),
  }).catch(() => null);
}

const patience = (milliseconds) => (AbortSignal.timeout ? AbortSignal.timeout(milliseconds) : undefined);

function made(name, words, kind = "") {
  const element = document.createElement(name);
  if (words) element.textContent = words;
  if (kind) element.className = kind;
  return element;
}

function table(caption, heads, rows) {
  const made_ = made("table", "", "table table-dense");
  const head = made("tr");
  head.append(...heads.map((words) => Object.assign(made("th", words), { scope: "col" })));
  const top = made("thead");
  top.append(head);
  const body = made("tbody");
  for (const row of rows) {
    const line = made("tr");
    line.append(...row.map((cell) => made("td", String(cell))));
    body.append(line);
  }
  made_.append(made("caption", caption, "visually-hidden"), top, body);
  return made_;
}
