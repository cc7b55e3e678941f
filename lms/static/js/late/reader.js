// Reads along: which pages were really in sight, and how long. The clock runs while the page is shown and somebody is there.

import { ask } from "../modules/confirm.js";
import { Beats, clock, watchInput } from "./beats.js";
import { tools } from "./page-tools.js";

const BEAT_MILLIS = 15000;
const IDLE_SECONDS = 20 * 60;
const TICK = 500;
const SHOWN_MILLIS = 1000;

export default function reader(lesson) {
  const part = (name) => lesson.querySelector(`[data-part="${name}"]`);
  const [pageCount, required] = [Number(lesson.dataset.pageCount), Number(lesson.dataset.required) * 1000];
  let spans = JSON.parse(lesson.dataset.spans);
  let kept = new Set(JSON.parse(lesson.dataset.pages));
  let finished = "finished" in lesson.dataset;
  let reading = Math.max(0, ...spans.map(([, end]) => end));
  let mark = reading;
  let ticked = performance.now();
  let stopped = false;
  const seen = new Set(kept);
  const since = new Map();

  const beats = new Beats({
    lesson: Number(lesson.dataset.lesson),
    person: lesson.dataset.person,
    onState: (words) => say(words),
    onKept: settle,
    onEnded: ended,
    onLeaving: cut,
  });
  const idle = watchInput(() => (beats.input = true));

  function say(words) {
    part("state").textContent = words || (finished ? "已学完" : "");
  }

  function settle(answer) {
    spans = answer.spans;
    kept = new Set(answer.pages);
    if (answer.finished && !finished) {
      finished = true;
      part("next").hidden = false;
      lesson.dispatchEvent(new CustomEvent("lesson:finished", { bubbles: true }));
    }
    say("");
    draw();
  }

  async function ended(words) {
    if (!words) return start();
    stopped = true;
    say(words);
    if (await ask(words, "在这里继续", "先不学")) start();
  }

  async function start() {
    const opened = await beats.open();
    if (!opened) return setTimeout(start, 15000);
    spans = opened.spans;
    mark = reading = opened.furthest_millis;
    kept = new Set(opened.pages);
    ticked = performance.now();
    stopped = false;
    draw();
  }

  // Everything seen and not yet confirmed goes along: a page the server had no reading time for is told again.
  function cut() {
    if (!beats.isOpen) return;
    const pages = [...seen].filter((page) => !kept.has(page)).slice(0, 200);
    if (reading > mark || pages.length) beats.add(mark, reading, { pages });
    mark = reading;
  }

  async function tick() {
    const now = performance.now();
    const passed = now - ticked;
    ticked = now;
    if (stopped || document.hidden || !beats.isOpen || passed > 4 * TICK) return;
    if (idle() > IDLE_SECONDS) return rest();
    reading += passed;
    look(now);
    if (reading - mark >= BEAT_MILLIS || isComplete()) cut();
    draw();
  }

  function isComplete() {
    return !finished && reading >= required && seen.size >= pageCount && (reading - mark > 1000 || seen.size > kept.size) && !beats.sending;
  }

  async function rest() {
    stopped = true;
    cut();
    if (await ask("有 20 分钟没有操作了，先停在这里。读过的都已记下。", "接着读", "先到这里")) {
      stopped = false;
      ticked = performance.now();
    }
  }

  // Which pages are in sight

  const inSight = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const much = entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= window.innerHeight * 0.5;
      inSight.set(entry.target, entry.isIntersecting && much);
    }
  }, { threshold: [0, 0.25, 0.5, 0.75, 1] });

  function look(now) {
    for (const [element, is] of inSight) {
      const picture = element.querySelector("img");
      if (!is || (picture && !(picture.complete && picture.naturalWidth))) since.delete(element);
      else if (!since.has(element)) since.set(element, now);
      else if (now - since.get(element) >= SHOWN_MILLIS) show(element);
    }
  }

  function show(element) {
    const first = Number(element.dataset.page);
    for (let page = first; page <= Number(element.dataset.through || first); page++) seen.add(page);
    inSight.delete(element);
    observer.unobserve(element);
  }

  for (const element of lesson.querySelectorAll("[data-page]")) {
    if (element.tagName === "A") element.addEventListener("click", () => { seen.add(1); cut(); draw(); });
    else if (!kept.has(Number(element.dataset.page))) observer.observe(element);
  }

  function draw() {
    if (part("seen")) part("seen").textContent = Math.min(seen.size, pageCount);
    if (part("time")) part("time").textContent = clock(Math.min(reading, required) / 1000);
    const time = required ? reading / required : 1;
    const percent = finished ? 100 : Math.min(99, Math.floor(100 * Math.min(time, pageCount ? seen.size / pageCount : 1)));
    part("progress").value = percent;
    const note = "single" in lesson.dataset && !finished && lesson.querySelector('[data-part="steps"] .step-now .step-note');
    if (note) note.textContent = `${percent}%`;
  }

  tools(lesson);
  setInterval(tick, TICK);
  start();
}
