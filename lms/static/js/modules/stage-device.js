// A team's phone: polls the state that is the same for all, keeps the server's clock by echoes, and sends a buzz until it is heard.
// A buzz leaves three times at once, and again as long as nobody answers: the server counts the first that comes in, once.

import { ServerClock } from "./server-clock.js";

const POLL = 400;
const MOST_ASKING = 4;
const ECHO = 2000;
const FIRST_ECHOES = 12;
const COPIES = 3;
const AGAIN = 120;
const GIVE_UP = 15000;
const MARGIN = 30; // the own idea of the server's clock may be off by so much
const BUZZED = ["buzzer", "sudden"];

export default function stageDevice(element) {
  const team = Number(element.dataset.team);
  const clock = new ServerClock();
  const part = (name) => document.querySelector(`[data-stage="${name}"]`);
  const buzzer = part("buzzer");
  let state = null;
  let tag = null;
  let pressed = null; // {turn, early, heard}
  let echoes = 0;
  let trip = null;
  let lost = 0;
  let asking = 0;
  let newest = 0;
  let isOver = false;

  buzzer.addEventListener("pointerdown", press);
  buzzer.addEventListener("click", press); // the keyboard's
  part("risks").addEventListener("click", (event) => event.target.dataset.points && choose(Number(event.target.dataset.points)));
  poll();
  echo();
  setInterval(() => !isOver && !document.hidden && asking < MOST_ASKING && poll(), POLL);
  setInterval(show, 50);
  navigator.wakeLock?.request("screen").catch(() => null);

  // Several may be on their way: a lost one holds nothing up, and one that comes late tells nothing.
  async function poll() {
    const began = performance.now();
    asking++;
    try {
      const answer = await fetch(element.dataset.state, {
        headers: tag ? { "If-None-Match": tag } : {},
        cache: "no-store",
        signal: patience(3000),
      });
      const told = answer.status === 200 ? await answer.json() : null;
      if (began > newest && (told || answer.status === 304)) {
        newest = began;
        if (told) [state, tag] = [told, answer.headers.get("ETag")];
      }
      lost = 0;
    } catch {
      lost++;
    } finally {
      asking--;
    }
  }

  async function echo() {
    const sent = performance.now();
    const answer = await send(element.dataset.echo, {});
    if (answer?.status === 404) return over();
    if (answer?.ok) {
      const told = await answer.json();
      clock.sample(sent, performance.now(), told.server_ms);
      echoes++;
      // The nonce goes back at once: what it waits here would count as the network's.
      const back = await send(element.dataset.echo, { nonce: told.nonce });
      if (back?.ok) trip = await back.json();
    }
    setTimeout(echo, echoes < FIRST_ECHOES ? 300 : ECHO);
  }

  function over() {
    isOver = true;
    say("phase", "另一台手机已接管本队，这台不再抢答。");
    set("已退出", false);
  }

  function press(event) {
    event.preventDefault();
    if (!state || buzzer.disabled || pressed?.turn === state.turn) return;
    const early = !state.opens_ms || (clock.isKnown && clock.at() < state.opens_ms - MARGIN);
    pressed = { turn: state.turn, early, heard: false };
    navigator.vibrate?.(60);
    for (let copy = 0; copy < COPIES; copy++) deliver(pressed);
    repeat(pressed, performance.now());
    show();
  }

  function repeat(mine, began) {
    setTimeout(() => {
      if (mine.heard || isOver || performance.now() - began > GIVE_UP) return;
      deliver(mine);
      repeat(mine, began);
    }, AGAIN);
  }

  async function deliver(mine) {
    const answer = await send(element.dataset.buzz, { turn: mine.turn, early: mine.early });
    if (answer && (answer.ok || (answer.status >= 400 && answer.status < 429))) mine.heard = true;
    if (answer?.status === 404) over();
  }

  async function choose(points) {
    const answer = await send(element.dataset.choice, { points });
    if (answer && !answer.ok) say("line", (await answer.json().catch(() => ({}))).error ?? "");
  }

  function send(url, body) {
    return fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-Device-Token": element.dataset.token },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: patience(5000),
    }).catch(() => null);
  }

  function show() {
    if (!state || isOver) return;
    const mine = state.scores.find((line) => line.team === team);
    say("score", mine ? String(mine.score) : "–");
    say("phase", phase());
    question();
    part("risks").hidden = !(state.segment === "risk" && state.phase === "ready" && state.team === team && !state.points && !state.is_paused);
    button();
    line();
  }

  function phase() {
    const name = state.segment_name ? `${state.segment_name} · ${state.phase_name}` : state.phase_name;
    if (state.phase === "answering" && state.team === team) return `${state.segment_name} · 由你队回答${left()}`;
    if (state.phase === "answering" && state.team_name) return `${state.segment_name} · ${state.team_name}回答${left()}`;
    if (state.phase === "judged" && state.outcome_name) return `${name} · ${state.team_name} ${state.outcome_name}`;
    return name;
  }

  function left() {
    if (!state.clock_ends_ms || !clock.isKnown) return "";
    return ` ${Math.max(0, Math.ceil((state.clock_ends_ms - clock.at()) / 1000))} 秒`;
  }

  function question() {
    const place = part("question");
    const asked = state.question;
    const mark = asked ? `${asked.number} ${state.key ?? ""}` : "";
    if (place.dataset.mark === mark) return;
    place.dataset.mark = mark;
    place.replaceChildren();
    if (!asked) return;
    place.append(made("p", `${asked.number}. ${asked.stem}`));
    if (asked.options.length) {
      const list = made("ol", "", "stage-options");
      list.append(...asked.options.map((text) => made("li", text)));
      place.append(list);
    }
    if (state.key !== undefined) place.append(made("p", `答案：${state.key}`, "stage-key"));
  }

  function button() {
    const open = BUZZED.includes(state.segment) && state.turn !== null && !state.is_paused && !state.is_finished;
    if (!open || state.phase === "answering") return set(state.team === team && state.phase === "answering" ? "请回答" : "等待", false);
    if (!state.contenders.includes(team)) return set("这一环节不参加", false);
    if (state.early.some((one) => one.team === team)) return set("抢跑，这一题不能再抢", false);
    if (pressed?.turn === state.turn) return set(pressed.heard ? "已抢，等判定" : "正在送出…", false);
    if (!state.opens_ms) return set("抢答（还没开抢）", true);
    return set(clock.isKnown && clock.at() >= state.opens_ms ? "抢！" : "准备…", true, clock.isKnown && clock.at() >= state.opens_ms);
  }

  function set(text, enabled, now = false) {
    if (buzzer.textContent !== text) buzzer.textContent = text;
    buzzer.disabled = !enabled;
    buzzer.classList.toggle("is-open", now);
  }

  function line() {
    if (lost > 3) return say("line", "网络断了，正在重连；已按下的抢答会继续送。");
    if (trip?.round_trip_ms === null || trip?.round_trip_ms === undefined) return say("line", "正在测网络…");
    return say("line", trip.is_slow ? `网络慢（${trip.round_trip_ms} 毫秒），请换个位置或者换网络。` : `网络 ${trip.round_trip_ms} 毫秒`);
  }

  function say(name, text) {
    const place = part(name);
    if (place.textContent !== text) place.textContent = text;
  }
}

const patience = (milliseconds) => (AbortSignal.timeout ? AbortSignal.timeout(milliseconds) : undefined);

function made(name, text, kind = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}
