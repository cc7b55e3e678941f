// Plays one lesson and tells the server what was really played: a beat every 15 seconds, at pauses, jumps and when the page is left.
// The first time through nothing beyond the furthest second can be reached and the speed stays at 1.0; the server checks both again.

import { ask } from "../modules/confirm.js";
import { Beats, clock, watchInput } from "./beats.js";
import { chapters } from "./chapters.js";
import { controls } from "./controls.js";
import { markPicture } from "./mark.js";
import { remember, remembered } from "./remembered.js";
import { Source } from "./source.js";
import { storyboard } from "./storyboard.js";
import { transcript } from "./transcript.js";

const BEAT_SECONDS = 15;
const IDLE_SECONDS = 20 * 60;
const MARGIN = 1.5;
const SPEEDS = [1, 1.25, 1.5, 2];
const OPENING_SECONDS = 4;

export default function player(lesson) {
  const part = (name) => lesson.querySelector(`[data-part="${name}"]`);
  const media = part("media");
  const length = Number(lesson.dataset.length) / 1000;
  const single = "single" in lesson.dataset;
  const svg = lesson.querySelector(".player-track svg.coverage");
  let spans = JSON.parse(lesson.dataset.spans);
  let mayJump = "finished" in lesson.dataset;
  let finished = mayJump;
  let fastest = mayJump ? 2 : 1;
  let furthest = Math.max(0, ...spans.map(([, end]) => end / 1000));
  let rate = 1;
  let mark = null; // where the present stretch of playing began; null while nothing plays
  let last = 0; // where playing was last seen, which a jump does not change

  const say = (words) => (part("state").textContent = words);
  const beats = new Beats({
    lesson: Number(lesson.dataset.lesson),
    person: lesson.dataset.person,
    onState: say,
    onKept: kept,
    onEnded: ended,
    onLeaving: () => cut(),
  });
  const idle = watchInput(() => (beats.input = true));
  const source = new Source(lesson, media, { say, onMoving: stop, onMoved: moved });

  function kept(answer) {
    spans = answer.spans;
    furthest = Math.max(furthest, ...spans.map(([, end]) => end / 1000));
    if (answer.finished && !finished) {
      finished = true;
      say("这一讲学完了");
      part("next").hidden = false;
      if (single) lesson.querySelector('[data-part="steps"] .step-now')?.replaceWith(done());
      lesson.dispatchEvent(new CustomEvent("lesson:finished", { bubbles: true }));
    }
    draw();
  }

  // Fallen silent too long: a new viewing follows by itself. Opened elsewhere: the person decides where to go on.
  async function ended(words) {
    if (!words) {
      if (mark !== null && !(await beats.open())) media.pause();
      return;
    }
    stop();
    media.pause();
    say(words);
    if (await ask(words, "在这里继续", "先不学")) media.play();
  }

  // Playing

  async function begin() {
    part("start").hidden = true;
    mark = last = media.currentTime;
    if (beats.isOpen) return;
    const opened = await beats.open();
    if (!opened) return media.pause();
    spans = opened.spans;
    mayJump = opened.may_jump;
    fastest = opened.speed_percent / 100;
    furthest = opened.furthest_millis / 1000;
    speed(Math.min(remembered().speed || 1, fastest));
    if (!mayJump && mark > furthest + MARGIN) media.currentTime = furthest;
    else if (mark !== null) mark = Math.max(mark, media.currentTime - OPENING_SECONDS);
    draw();
  }

  function cut(until = last) {
    if (mark !== null && until > mark) beats.add(mark * 1000, until * 1000, { speed: Math.round(rate * 100) });
    if (mark !== null) mark = until;
  }

  function stop() {
    const here = media.currentTime;
    cut(Math.abs(here - last) < MARGIN ? Math.max(here, last) : last);
    mark = null;
  }

  // While the source changes, what the element says of itself is about neither the old nor the new.
  const on = (name, action) => media.addEventListener(name, () => source.isMoving || action());

  function moved(playing) {
    last = media.currentTime;
    media.playbackRate = rate;
    if (playing) media.play().catch(() => say("点一下播放键继续"));
    draw();
  }

  on("playing", () => mark === null && begin());
  on("pause", stop);
  on("ended", () => { last = Math.min(length, media.duration || length); stop(); });
  on("waiting", () => cut());
  on("timeupdate", () => {
    if (media.seeking) return;
    last = media.currentTime;
    if (mark !== null) furthest = Math.max(furthest, last);
    if (mark !== null && (last - mark) / rate >= BEAT_SECONDS) cut();
    if (!media.paused && idle() > IDLE_SECONDS) rest();
    draw();
  });
  on("seeking", () => {
    const wanted = media.currentTime;
    if (Math.abs(wanted - last) > 0.5) cut();
    if (!mayJump && wanted > furthest + MARGIN) {
      media.currentTime = furthest;
      say("第一次学习不能跳过没学的部分，学完后可以随意拖动");
    }
    if (mark !== null) mark = media.currentTime;
    last = media.currentTime;
  });
  on("ratechange", () => media.playbackRate !== rate && speed(Math.min(media.playbackRate, fastest)));

  async function rest() {
    media.pause();
    if (await ask("有 20 分钟没有操作了，先停在这里。学过的都已记下。", "接着学", "先到这里")) media.play();
  }

  // Controls

  function toggle() {
    if (media.paused) media.play().catch((problem) => problem.name === "NotAllowedError" && say("点一下播放键开始"));
    else media.pause();
  }

  function jumpBy(seconds) {
    media.currentTime = Math.max(0, Math.min(length, media.currentTime + seconds));
  }

  function speed(wanted) {
    if (wanted !== rate) cut();
    media.playbackRate = rate = wanted;
    part("speed").textContent = `${wanted.toFixed(wanted % 0.5 ? 2 : 1)}×`;
  }

  function nextSpeed() {
    if (fastest <= 1) return say("第一次学习用 1.0 倍速，学完后可以加快");
    speed(SPEEDS[(SPEEDS.indexOf(rate) + 1) % SPEEDS.length]);
    remember({ speed: rate });
  }

  function done() {
    const step = Object.assign(document.createElement("li"), { className: "step step-past" });
    step.append(Object.assign(document.createElement("span"), { textContent: "已学完" }));
    return step;
  }

  function draw() {
    const here = media.readyState ? media.currentTime : Math.max(last, media.currentTime);
    part("time").textContent = clock(here);
    if (document.activeElement !== part("seek") || !media.paused) part("seek").value = Math.floor(here);
    part("seek").setAttribute("aria-valuetext", `${clock(here)}，共 ${clock(length)}`);
    part("toggle").textContent = media.paused ? "播放" : "暂停";
    const seen = mark === null ? spans : [...spans, [mark * 1000, last * 1000]];
    drawCoverage(svg, seen, here * 1000);
    const percent = finished ? 100 : Math.min(99, Math.floor((measure(seen) * 100) / (length * 1000)));
    const note = single && !finished && lesson.querySelector('[data-part="steps"] .step-now .step-note');
    if (note) note.textContent = `${percent}%`;
    svg.setAttribute("aria-label", `已学 ${percent}%`);
    lesson.dispatchEvent(new CustomEvent("player:time", { detail: { millis: here * 1000, furthest: mayJump ? Infinity : furthest * 1000 } }));
  }

  lesson.addEventListener("player:seek", (event) => {
    media.currentTime = event.detail / 1000;
    if (media.paused) media.play();
  });
  part("seek").addEventListener("input", () => (media.currentTime = Number(part("seek").value)));
  for (const change of ["play", "pause", "seeked", "loadedmetadata"]) on(change, draw);

  transcript(lesson);
  const titleAt = chapters(lesson);
  const facts = lesson.dataset.storyboard ? JSON.parse(lesson.dataset.storyboard) : null;
  storyboard({ track: part("track"), seek: part("seek"), box: part("preview"), facts, stream: lesson.dataset.stream, length, titleAt });
  if ("mark" in lesson.dataset) markPicture(part("player"), lesson.dataset.mark);

  const quality = controls(lesson, media, source, { toggle, jumpBy, speed: nextSpeed, say });
  const place = begunAt();
  const resume = () => {
    if (source.kind !== "hls" && place) media.currentTime = last = place;
  };
  source.start(quality, place).then((playable) => {
    if (!playable) return;
    last = place;
    if (media.readyState > 0) resume();
    else media.addEventListener("loadedmetadata", resume, { once: true });
    part("bar").hidden = part("start").hidden = false;
  });
  draw();

  // Where to begin: the second the address names, otherwise where the person was.
  function begunAt() {
    const named = /^#t=(\d{1,6})$/.exec(location.hash);
    const position = named ? Number(named[1]) : Number(lesson.dataset.position) / 1000;
    return position > 1 && position < length - 3 ? position : 0;
  }
}

function measure(spans) {
  let [total, until] = [0, -1];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return total;
}

function drawCoverage(svg, spans, position) {
  const seen = [...svg.querySelectorAll(".coverage-seen")];
  spans.forEach(([start, end], n) => {
    const rect = seen[n] || svg.insertBefore(document.createElementNS("http://www.w3.org/2000/svg", "rect"), svg.querySelector(".coverage-here"));
    for (const [name, value] of [["class", "coverage-seen"], ["x", start], ["width", Math.max(0, end - start)], ["height", 1]]) rect.setAttribute(name, value);
  });
  seen.slice(spans.length).forEach((rect) => rect.remove());
  for (const end of ["x1", "x2"]) svg.querySelector(".coverage-here")?.setAttribute(end, position);
}
