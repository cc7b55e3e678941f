// The exam page: one question at a time; every choice is saved at once, kept on the device until the server has it, and sent again
// after a lost network, a reload or a killed browser. Time is the server's: the countdown is set from its replies.

import { ask } from "./confirm.js";
import { Outbox } from "./exam-outbox.js";

const WHILE_TYPING = 600; // milliseconds without a key before a text is sent

const SAY = {
  saved: () => "已保存",
  saving: () => "正在保存…",
  unsaved: (count) => `未保存 ${count} 题，联网后自动补交`,
};

export default function exam(form) {
  const questions = [...form.querySelectorAll(".exam-question")];
  const at = (position) => questions.find((question) => Number(question.dataset.position) === position);
  const saved = form.querySelector("[data-exam-saved]");
  const countdown = document.querySelector("[data-module~=countdown]");
  const next = document.querySelector("[data-exam-next]");
  const previous = document.querySelector("[data-exam-previous]");
  const api = form.dataset.api;
  let current = 0;
  let ending = false;

  const outbox = new Outbox(form.dataset.attempt, api, {
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
    questions.forEach((question, n) => question.classList.toggle("is-current", n === current));
    for (const link of form.querySelectorAll(".sheet-number")) {
      if (Number(link.dataset.number) === current + 1) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    previous.disabled = current === 0;
    next.textContent = current === questions.length - 1 ? "交卷" : "下一题";
    if (focus) {
      questions[current].focus({ preventScroll: true });
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

  // --- answers

  function choiceOf(question) {
    if (question.dataset.kind === "blank") {
      const texts = [...question.querySelectorAll("input")].map((input) => input.value.trim());
      return texts.some(Boolean) ? texts : [];
    }
    return [...question.querySelectorAll("input:checked")].map((input) => Number(input.value)).sort((a, b) => a - b);
  }

  function setChoice(question, choice) {
    question.querySelectorAll("input").forEach((input, n) => {
      if (question.dataset.kind === "blank") input.value = choice[n] ?? "";
      else input.checked = choice.includes(Number(input.value));
    });
    mark(question);
  }

  function mark(question) {
    const link = form.querySelector(`.sheet-number[data-number="${question.dataset.position}"]`);
    const answered = choiceOf(question).length > 0;
    link.classList.toggle("sheet-answered", answered);
    link.querySelector(".visually-hidden:last-child").textContent = answered ? "题，已答" : "题，未答";
  }

  function keep(question, pause = 0) {
    mark(question);
    outbox.put(Number(question.dataset.position), choiceOf(question), pause);
  }

  form.addEventListener("input", (event) => {
    const question = event.target.closest(".exam-question");
    if (question) keep(question, event.target.type === "text" ? WHILE_TYPING : 0);
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
    if (question) setChoice(question, choice);
  }

  // --- the end

  function leave() {
    ending = true;
    outbox.stop();
    location.assign(form.dataset.review);
  }

  async function handIn() {
    if (ending) return;
    await outbox.flush();
    const reply = await outbox.send(`${api}/submission`, {});
    if (reply.ok || reply.reason === "time" || reply.reason === "ended") return leave();
    warn(reply.error ?? "网络不通，还没有交卷。已答的题留在本机，联网后请再点交卷；到时间系统会自动交卷。");
    if (countdown && Number(countdown.dataset.over)) setTimeout(handIn, 3000);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const open = questions.filter((question) => choiceOf(question).length === 0).length;
    const text = open ? `还有 ${open} 题没有作答，交卷后不能再改。` : `${questions.length} 题都答了，交卷后不能再改。`;
    if (await ask(text, "交卷", "再检查一下")) handIn();
  });
  countdown?.addEventListener("countdown:over", () => {
    countdown.dataset.over = "1";
    warn("时间到，正在交卷。");
    handIn();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!ending && outbox.size) event.preventDefault();
  });

  // --- begin

  for (const question of questions) outbox.know(Number(question.dataset.position), Number(question.dataset.sequence), choiceOf(question));
  outbox.restore(apply);
  const asked = Number(location.hash.match(/^#q-(\d+)$/)?.[1] ?? 0);
  const first = questions.findIndex((question) => choiceOf(question).length === 0);
  go(asked ? asked - 1 : Math.max(first, 0), false);
  outbox.lease(false);
}
