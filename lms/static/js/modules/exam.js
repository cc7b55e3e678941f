// The exam page: one question at a time; every choice is saved at once, kept on the device until the server has it, and sent again
// after a lost network, a reload or a killed browser. Time is the server's: the countdown is set from its replies.

import { ask } from "./confirm.js";
import { Leaves } from "./exam-leaves.js";
import { Outbox } from "./exam-outbox.js";
import { Question } from "./exam-question.js";
import { Store } from "./exam-store.js";

const WHILE_TYPING = 600; // milliseconds without a key before a text is sent

const OFFLINE = "网络不通，还没有交卷。已答的题留在本机，联网后请再点交卷；到时间系统会自动交卷。";
const OFFLINE_AT_END = "时间到，网络不通，还没有交卷。已答的题留在本机，正在重试；系统也会自动交卷。";

const SAY = {
  saved: () => "已保存",
  saving: () => "正在保存…",
  unsaved: (count) => `未保存 ${count} 题，联网后自动补交`,
};

export default function exam(form) {
  const questions = [...form.querySelectorAll(".exam-question")].map((element) => new Question(element));
  const at = (position) => questions.find((question) => question.position === position);
  const linkOf = (question) => form.querySelector(`.sheet-number[data-number="${question.position}"]`);
  const flagged = new Set();
  const saved = form.querySelector("[data-exam-saved]");
  const countdown = document.querySelector("[data-module~=countdown]");
  const next = document.querySelector("[data-exam-next]");
  const previous = document.querySelector("[data-exam-previous]");
  const flag = document.querySelector("[data-exam-flag]");
  const api = form.dataset.api;
  let current = 0;
  let ending = false;

  const store = new Store(form.dataset.attempt);
  let leaves = null;
  const outbox = new Outbox(api, store, {
    changed: show,
    time: (seconds) => countdown?.dispatchEvent(new CustomEvent("countdown:set", { detail: seconds })),
    late: () => warn("有答案在时间到以后才送达，已留存，不计分。"),
    lost: (message) => warn(message, true),
    ended: leave,
    refused: (message) => warn(message),
  });

  // --- one question at a time

  function go(index, focus = true) {
    current = Math.min(Math.max(index, 0), questions.length - 1);
    questions.forEach((question, n) => question.element.classList.toggle("is-current", n === current));
    for (const part of form.querySelectorAll("[data-exam-case]")) part.classList.toggle("is-current", Boolean(part.querySelector(".is-current")));
    for (const link of form.querySelectorAll(".sheet-number")) {
      if (Number(link.dataset.number) === current + 1) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    previous.disabled = current === 0;
    next.textContent = current === questions.length - 1 ? "交卷" : "下一题";
    showFlag();
    if (focus) {
      questions[current].element.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
    }
  }

  form.querySelector(".sheet").addEventListener("click", (event) => {
    const link = event.target.closest(".sheet-number");
    if (!link) return;
    event.preventDefault();
    go(Number(link.dataset.number) - 1);
  });
  previous.addEventListener("click", () => go(current - 1));
  next.addEventListener("click", () => (current === questions.length - 1 ? form.requestSubmit() : go(current + 1)));

  // --- mark for later

  function showFlag() {
    const isFlagged = flagged.has(questions[current].position);
    flag.setAttribute("aria-pressed", String(isFlagged));
    flag.textContent = isFlagged ? "已标记" : "标记";
  }

  flag.addEventListener("click", () => {
    const { position } = questions[current];
    if (!flagged.delete(position)) flagged.add(position);
    store.put("flags", [...flagged]);
    mark(questions[current]);
    showFlag();
  });

  // --- answers

  function mark(question) {
    const link = linkOf(question);
    const isFlagged = flagged.has(question.position);
    link.classList.toggle("sheet-answered", question.isAnswered);
    link.classList.toggle("sheet-flagged", isFlagged);
    link.querySelector(".visually-hidden:last-child").textContent = `题，${question.isAnswered ? "已答" : "未答"}${isFlagged ? "，已标记" : ""}`;
  }

  form.addEventListener("input", (event) => {
    const element = event.target.closest(".exam-question");
    if (!element) return;
    const question = at(Number(element.dataset.position));
    mark(question);
    outbox.put(question.position, question.choice, question.isTyped ? WHILE_TYPING : 0);
  });

  // --- what the candidate is told

  function show(state, count) {
    saved.textContent = SAY[state](count);
    saved.classList.toggle("is-saved", state === "saved");
    saved.classList.toggle("is-unsaved", state === "unsaved");
  }

  const box = form.querySelector("[data-exam-alert]");
  const takeOver = form.querySelector("[data-exam-take-over]");

  function warn(text, mayTakeOver = false) {
    box.querySelector("[data-exam-alert-text]").textContent = text;
    takeOver.hidden = !mayTakeOver;
    box.hidden = false;
  }

  takeOver.addEventListener("click", async () => {
    await outbox.resync(apply);
    if (await outbox.lease(true)) box.hidden = true;
  });

  // What the server knows that this page does not; what the device knows and the server does not is newer and stays.
  function apply(position, choice) {
    const question = at(position);
    if (!question) return;
    question.choice = choice;
    mark(question);
  }

  // --- the end

  async function leave() {
    if (ending) return;
    ending = true;
    outbox.stop();
    await Promise.race([leaves?.stop(), pause(2000)]);
    if (!outbox.size) await Promise.race([store.clear(), pause(2000)]);
    location.assign(form.dataset.review);
  }

  async function handIn() {
    if (ending) return;
    await outbox.flush();
    if (ending) return;
    const reply = outbox.pending ? { ok: false } : await outbox.send(`${api}/submission`, {});
    if (reply.ok || reply.reason === "time" || reply.reason === "ended") return leave();
    const isOver = Number(countdown?.dataset.over ?? 0);
    if (takeOver.hidden) warn(reply.error ?? (isOver ? OFFLINE_AT_END : OFFLINE));
    if (isOver) setTimeout(handIn, 3000);
  }

  // "还有 2 题没有作答、1 题没有答完、1 题标了记号，交卷后不能再改。"
  function beforeHandingIn() {
    const count = (test) => questions.filter(test).length;
    const open = [
      [count((question) => !question.isAnswered), "没有作答"],
      [count((question) => question.isPartial), "没有答完"],
      [count((question) => flagged.has(question.position)), "标了记号"],
    ];
    const said = open.filter(([n]) => n).map(([n, words]) => `${n} 题${words}`);
    return said.length ? `还有 ${said.join("、")}，交卷后不能再改。` : `${questions.length} 题都答了，交卷后不能再改。`;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await ask(beforeHandingIn(), "交卷", "再检查一下")) handIn();
  });
  // The server may have given more time: it is asked before anything is handed in.
  countdown?.addEventListener("countdown:over", async () => {
    const reply = await outbox.send(api, null);
    if (reply.ok && reply.seconds_left > 0) {
      countdown.dispatchEvent(new CustomEvent("countdown:set", { detail: reply.seconds_left }));
      warn(`监考人员延长了时间，还有 ${Math.ceil(reply.seconds_left / 60)} 分钟。`);
      return;
    }
    countdown.dataset.over = "1";
    warn("时间到，正在交卷。");
    handIn();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!ending && outbox.size) event.preventDefault();
  });

  // --- begin

  async function recall() {
    const kept = await store.all().catch(() => new Map());
    for (const position of kept.get("flags") ?? []) if (at(position)) flagged.add(position);
    outbox.restore(kept, apply);
    questions.forEach(mark);
    showFlag();
    if (form.hasAttribute("data-notes-leaves")) leaves = new Leaves(store, (body) => outbox.send(`${api}/leaves`, body), kept.get("leaves"));
    await outbox.lease(false);
  }

  for (const question of questions) outbox.know(question.position, Number(question.element.dataset.sequence), question.choice);
  const asked = Number(location.hash.match(/^#q-(\d+)$/)?.[1] ?? 0);
  const first = questions.findIndex((question) => !question.isAnswered);
  go(asked ? asked - 1 : Math.max(first, 0), false);
  recall();
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
