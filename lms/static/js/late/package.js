// A package in its frame on the package host: opens a visit and keeps it going, lets the reading clock run, and hands what the package
// reports to the server under this page's own token. In a preview nothing is kept.

import { ask } from "../modules/confirm.js";
import { Beats, clock, watchInput } from "./beats.js";

const BEAT_MILLIS = 15000;
const IDLE_SECONDS = 20 * 60;
const TICK = 500;
const EXTEND = 4 * 60 * 1000;
const KEEPALIVE_MOST = 60000;
const GONE = "离开得太久，课件已收起，学到的都已记下。";

export default function pack(root) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const isPreview = "resource" in root.dataset;
  const about = isPreview ? { resource_id: Number(root.dataset.resource) } : { lesson_id: Number(root.dataset.lesson) };
  const stage = part("stage");
  let visit = null;
  let frame = null;
  let current = 0;
  let study = null;

  // The frame and its messages

  async function open() {
    part("open").hidden = true;
    try {
      visit = await post("/api/package-visits", about);
    } catch (problem) {
      return closed(problem.words);
    }
    current = Math.max(0, visit.items.findIndex((item) => item.is_sco && !item.is_done));
    frame = document.createElement("iframe");
    frame.className = "package-frame";
    frame.title = stage.dataset.title;
    frame.allow = "autoplay; fullscreen";
    frame.setAttribute("sandbox", "allow-scripts allow-forms allow-same-origin allow-modals");
    frame.src = visit.url;
    stage.prepend(frame);
    part("full").hidden = !stage.requestFullscreen;
  }

  function closed(words) {
    frame?.remove();
    [frame, visit] = [null, null];
    study?.pause();
    part("open").hidden = false;
    say(words);
  }

  window.addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== visit.origin || data?.nonce !== visit.nonce) return;
    if (data.kind === "ready") begin();
    if (data.kind === "input") study?.touched();
    if (data.kind === "loaded") study?.loaded();
    if (data.kind === "result") study?.report(data.item, data.result);
  });

  function tell(kind, more) {
    frame?.contentWindow.postMessage({ nonce: visit.nonce, kind, ...more }, visit.origin);
  }

  function begin() {
    const item = visit.items[current];
    tell("start", { standard: visit.standard, item, state: isPreview ? null : item.state, learner: visit.learner, isPreview });
    for (const button of root.querySelectorAll("[data-item]")) {
      if (Number(button.dataset.item) === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  for (const button of root.querySelectorAll("[data-item]")) {
    button.addEventListener("click", () => {
      current = Number(button.dataset.item);
      if (visit) begin();
      stage.scrollIntoView({ block: "nearest" });
    });
  }

  part("open").addEventListener("click", () => (study ? study.again() : open()));
  part("full").addEventListener("click", () => stage.requestFullscreen());

  async function extend() {
    if (!visit || document.hidden) return;
    try {
      await post(`/api/package-visits/${visit.visit_id}/extension`, about);
    } catch (problem) {
      if (problem.status === 404) closed(GONE);
      if (problem.status === 401) closed(problem.words);
    }
  }

  setInterval(extend, EXTEND);
  document.addEventListener("visibilitychange", extend);

  function say(words) {
    const told = words || study?.missing() || "";
    if (part("state").textContent !== told) part("state").textContent = told;
  }

  if (isPreview) {
    part("open").hidden = false;
    return;
  }
  study = studying(root, { say, tell, open, close: closed, item: (name) => visit?.items.find((one) => one.identifier === name) });
  study.again();
}

// What is kept of a learner: the reading clock's beats and the package's reports.
function studying(root, { say, tell, open, close, item }) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const required = Number(root.dataset.required) * 1000;
  let reading = Math.max(0, ...JSON.parse(root.dataset.spans).map(([, end]) => end));
  let mark = reading;
  let ticked = performance.now();
  let shown = JSON.parse(root.dataset.pages).length > 0;
  let isShown = false;
  let isDone = "done" in root.dataset;
  let stopped = true;
  let sequence = 0;
  let retry = 0;
  const waiting = new Map(); // item → the newest report not yet kept
  const spent = new Map(); // item → seconds of its sessions on this page, and how many of them an earlier viewing has counted

  const beats = new Beats({
    lesson: Number(root.dataset.lesson),
    person: root.dataset.person,
    onState: say,
    onKept: settle,
    onEnded: ended,
    onLeaving: leave,
  });
  const touched = () => window.dispatchEvent(new Event("scroll"));
  const idle = watchInput(() => (beats.input = true));

  async function again() {
    const opened = await beats.open();
    if (!opened) return setTimeout(again, 15000);
    mark = reading = opened.furthest_millis;
    shown = opened.pages.length > 0;
    ticked = performance.now();
    [stopped, isShown] = [false, false];
    for (const one of spent.values()) one.before = one.sessions + one.last;
    draw();
    if (!root.querySelector(".package-frame")) await open();
    else isShown = true;
  }

  async function ended(words) {
    stopped = true;
    if (!words) return again();
    say(words);
    if (await ask(words, "在这里继续", "先不学")) again();
    else close(words);
  }

  function settle(answer) {
    shown = answer.pages.length > 0;
    finish(answer.finished);
    say("");
    draw();
  }

  function finish(finished) {
    if (!finished || "finished" in root.dataset) return;
    root.dataset.finished = "";
    part("next").hidden = false;
    say("");
    root.dispatchEvent(new CustomEvent("lesson:finished", { bubbles: true }));
  }

  function cut() {
    if (!beats.isOpen || !isShown) return;
    if (reading > mark || !shown) beats.add(mark, reading, { pages: shown ? [] : [1] });
    mark = reading;
  }

  function leave() {
    cut();
    tell("save");
    send({ leaving: true });
  }

  async function tick() {
    const now = performance.now();
    const passed = now - ticked;
    ticked = now;
    if (stopped || document.hidden || !beats.isOpen || !isShown || passed > 4 * TICK) return;
    if (idle() > IDLE_SECONDS) return rest();
    reading += passed;
    const isEnough = !("finished" in root.dataset) && reading >= required && mark < Math.max(required, 1000) && reading > 1000;
    if (reading - mark >= BEAT_MILLIS || (isEnough && !beats.sending)) cut();
    draw();
  }

  async function rest() {
    stopped = true;
    cut();
    if (await ask("有 20 分钟没有操作了，先停在这里。学过的都已记下。", "接着学", "先到这里")) {
      stopped = false;
      ticked = performance.now();
    }
  }

  // Reports: the newest of each item; a repeated one does no harm, an older one changes nothing.

  function report(name, result) {
    if (!item(name)) return;
    waiting.set(name, { ...result, item: name, sequence: ++sequence, session_seconds: secondsOf(name, result.session_seconds) });
    send();
  }

  function secondsOf(name, session) {
    const one = spent.get(name) || { sessions: 0, last: 0, before: 0 };
    if (session < one.last) one.sessions += one.last; // the item was opened anew
    one.last = session;
    spent.set(name, one);
    return Math.min(86400, one.sessions + one.last - one.before);
  }

  async function send({ leaving = false } = {}) {
    if (!beats.isOpen || !waiting.size || (send.busy && !leaving)) return;
    const [name, body] = waiting.entries().next().value;
    send.busy = true;
    clearTimeout(retry);
    try {
      const text = JSON.stringify(body);
      const kept = await post(`/api/viewings/${beats.viewing}/reports`, body, leaving && text.length * 3 < KEEPALIVE_MOST);
      if (waiting.get(name) === body) waiting.delete(name);
      stand(kept);
    } catch (problem) {
      if ([404, 422].includes(problem.status)) waiting.delete(name);
      say(problem.status ? problem.words : "网络断开，课件的进度还没有保存，恢复后自动补交");
      retry = setTimeout(send, 8000);
      return;
    } finally {
      send.busy = false;
    }
    send();
  }

  function stand(kept) {
    isDone = kept.is_done;
    for (const one of kept.items) Object.assign(item(one.identifier) || {}, one);
    const buttons = [...root.querySelectorAll("[data-item]")];
    kept.items.forEach((one, at) => buttons[at] && (buttons[at].querySelector("[data-part=mark]").textContent = one.is_done ? "已完成" : ""));
    if (part("standing")) part("standing").textContent = (kept.is_done ? "已完成" : "未完成") + (kept.score && ` · 得分 ${kept.score}`);
    finish(kept.finished);
    say(kept.message);
  }

  // What is still to do, in the state line.
  function missing() {
    if ("finished" in root.dataset) return "已学完";
    const left = Math.ceil((required - reading) / 60000);
    if (!isDone && left <= 0 && required) return "时间已够，请把课件做到“完成”。";
    return isDone && left > 0 && "scored" in root.dataset ? `课件已完成，还要学 ${left} 分钟。` : "";
  }

  function draw() {
    if (part("time")) part("time").textContent = clock(Math.min(reading, required) / 1000);
    const share = required ? Math.min(1, reading / required) : shown ? 1 : 0;
    const percent = "finished" in root.dataset ? 100 : Math.min(99, Math.floor(100 * share));
    part("progress").value = percent;
    const note = "single" in root.dataset && root.querySelector('[data-part="steps"] .step-now .step-note');
    if (note) note.textContent = `${percent}%`;
    if (isShown && !beats.said && !waiting.size) say("");
  }

  setInterval(tick, TICK);
  function pause() {
    cut();
    isShown = false;
  }

  return { again, report, touched, missing, pause, loaded: () => (isShown = true) };
}

async function post(url, body, keepalive = false) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      keepalive,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
      body: JSON.stringify(body),
    });
  } catch {
    throw Object.assign(new Error("offline"), { status: 0, words: "网络断开，连上后请再打开。" });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const words = response.status === 401 ? "登录已过期，请重新登录。" : answer.error || "系统正忙，请稍后再试。";
  throw Object.assign(new Error(words), { status: response.status, words });
}
