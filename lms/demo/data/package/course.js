// Three questions, one at a time; place and points are kept in the site's run-time (SCORM 1.2), so that one can leave and come back.

const QUESTIONS = [
  ["国家实行的耕地保护制度，总的要求是什么？", ["占补平衡，先补后占", "可以先占后补", "只看数量，不看质量"], 0, "补充的耕地数量和质量都要相当，而且先补后占。"],
  ["永久基本农田转为建设用地，由谁批准？", ["县级人民政府", "省级人民政府", "国务院"], 2, "土地管理法第四十四条：由国务院批准。"],
  ["发现耕地上正在堆放建筑垃圾，先做什么？", ["等卫片图斑下发", "当场制止并报告", "年底一并统计"], 1, "早发现、早制止，恢复的代价最小。"],
];
const api = find("API");
const get = (name) => (api ? api.LMSGetValue(name) : "");
const set = (name, value) => api && api.LMSSetValue(name, String(value));
const element = (id) => document.getElementById(id);
const began = Date.now();
let at = 0;
let right = 0;

function find(name) {
  for (let here = window; ; here = here.parent) {
    if (here[name]) return here[name];
    if (here === here.parent) return null;
  }
}

function show() {
  const [text, answers] = QUESTIONS[at];
  element("count").textContent = `第 ${at + 1} 问，共 ${QUESTIONS.length} 问`;
  element("question").textContent = text;
  element("said").textContent = "";
  element("next").hidden = true;
  element("answers").replaceChildren(...answers.map((words, n) => Object.assign(document.createElement("button"), { type: "button", textContent: words, onclick: () => answer(n) })));
}

function answer(chosen) {
  const [, , good, why] = QUESTIONS[at];
  const buttons = [...element("answers").children];
  buttons.forEach((button) => (button.disabled = true));
  buttons[good].classList.add("right");
  right += chosen === good;
  element("said").textContent = (chosen === good ? "答对了。" : "再记一遍：") + why;
  set(`cmi.interactions.${at}.id`, `q${at + 1}`);
  set(`cmi.interactions.${at}.type`, "choice");
  set(`cmi.interactions.${at}.student_response`, "abc"[chosen]);
  set(`cmi.interactions.${at}.result`, chosen === good ? "correct" : "wrong");
  at += 1;
  set("cmi.core.lesson_location", at);
  set("cmi.suspend_data", right);
  if (at < QUESTIONS.length) {
    set("cmi.core.lesson_status", "incomplete");
    element("next").hidden = false;
  } else finish();
  if (api) api.LMSCommit("");
}

function finish() {
  const score = Math.round((right / QUESTIONS.length) * 100);
  element("said").textContent += ` 三问答完，得 ${score} 分。`;
  const seconds = Math.round((Date.now() - began) / 1000);
  const two = (n) => String(n).padStart(2, "0");
  set("cmi.core.score.min", 0);
  set("cmi.core.score.max", 100);
  set("cmi.core.score.raw", score);
  set("cmi.core.session_time", `${two(Math.floor(seconds / 3600)).padStart(4, "0")}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`);
  set("cmi.core.lesson_status", "completed");
}

if (api) api.LMSInitialize("");
element("next").onclick = show;
at = Math.min(Number(get("cmi.core.lesson_location")) || 0, QUESTIONS.length);
right = Number(get("cmi.suspend_data")) || 0;
if (at === QUESTIONS.length) at = right = 0;
show();
addEventListener("pagehide", () => api && api.LMSFinish(""));
