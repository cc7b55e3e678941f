// Captions as a list beside the player: change, split, join, add, move all. The text field stays what is sent; the server judges it.

const STAMP = /^(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d{1,3})?)$/;
const SHORTEST = 0.2;

export default function captions(root) {
  const part = (name, within = root) => within.querySelector(`[data-part="${name}"]`);
  const [media, said, list, tools, text] = ["media", "said", "list", "tools", "text"].map((name) => part(name));
  if (!list) return;
  const area = text.querySelector("textarea");
  const form = area.form;
  const rows = () => [...list.children];
  let current = null;

  function row(cue) {
    const made = part("row").content.firstElementChild.cloneNode(true);
    part("from", made).value = cue.from;
    part("to", made).value = cue.to;
    part("words", made).value = cue.words;
    return made;
  }

  const cueOf = (one) => ({ from: part("from", one).value.trim(), to: part("to", one).value.trim(), words: part("words", one).value.trim() });

  function fill() {
    list.replaceChildren(...parse(area.value).map(row));
    check();
  }

  function keep() {
    const blocks = rows().map(cueOf).filter((cue) => cue.words).map((cue) => `${short(cue.from)} --> ${short(cue.to)}\n${escaped(cue.words.replace(/\n{2,}/g, "\n"))}`);
    area.value = blocks.length ? `WEBVTT\n\n${blocks.join("\n\n")}\n` : "";
  }

  function check() {
    let before = null;
    for (const one of rows()) {
      const cue = cueOf(one);
      const [from, to] = [seconds(cue.from), seconds(cue.to)];
      const fault = Number.isNaN(from) || Number.isNaN(to) ? "时间写成 0:01:02.500 这样" : to <= from ? "结束要晚于开始" : before !== null && from < before - 0.0005 ? "和上一条重叠" : "";
      part("fault", one).textContent = fault;
      part("fault", one).hidden = !fault;
      if (!Number.isNaN(to)) before = Math.max(before ?? 0, to);
    }
  }

  function showAs(asText) {
    if (asText) keep();
    else fill();
    text.hidden = !asText;
    list.hidden = asText;
    tools.querySelector('[data-do="text"]').textContent = asText ? "回到列表" : "按文本编辑";
  }

  const actions = {
    play(one) {
      const from = seconds(cueOf(one).from);
      if (!media || Number.isNaN(from)) return;
      media.currentTime = from;
      media.play();
    },
    now(one) {
      if (media) part("from", one).value = stamp(media.currentTime);
    },
    split(one) {
      const cue = cueOf(one);
      const words = part("words", one);
      const caret = words.selectionStart;
      const at = caret > 0 && caret < cue.words.length ? caret : Math.ceil(cue.words.length / 2);
      const [from, to] = [seconds(cue.from), seconds(cue.to)];
      if (cue.words.length < 2 || !(to - from > 2 * SHORTEST)) return;
      const share = Math.min(Math.max((to - from) * (at / cue.words.length), SHORTEST), to - from - SHORTEST);
      const middle = stamp(from + share);
      part("to", one).value = middle;
      words.value = cue.words.slice(0, at).trim();
      const rest = row({ from: middle, to: cue.to, words: cue.words.slice(at).trim() });
      one.after(rest);
      part("words", rest).focus();
    },
    join(one) {
      const next = one.nextElementSibling;
      if (!next) return;
      const other = cueOf(next);
      part("words", one).value = `${cueOf(one).words}${other.words}`;
      part("to", one).value = other.to;
      next.remove();
    },
    drop(one) {
      const next = one.nextElementSibling || one.previousElementSibling;
      one.remove();
      if (next) part("words", next).focus();
    },
    add() {
      const at = media ? media.currentTime : 0;
      const made = row({ from: stamp(at), to: stamp(at + 3), words: "" });
      const before = rows().filter((one) => seconds(cueOf(one).from) <= at).at(-1);
      if (before) before.after(made);
      else list.prepend(made);
      part("words", made).focus();
    },
    shift() {
      const by = Number(part("shift").value);
      if (!Number.isFinite(by)) return;
      for (const one of rows()) {
        const cue = cueOf(one);
        const [from, to] = [seconds(cue.from) + by, seconds(cue.to) + by];
        if (to <= 0) one.remove();
        else if (!Number.isNaN(to)) [part("from", one).value, part("to", one).value] = [stamp(Math.max(0, from)), stamp(to)];
      }
    },
    text() {
      showAs(text.hidden);
    },
  };

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    actions[button.dataset.do](button.closest(".cue"));
    if (!list.hidden) check();
  });
  list.addEventListener("change", check);
  form.addEventListener("submit", () => text.hidden && keep(), { capture: true });

  media?.addEventListener("timeupdate", () => {
    if (list.hidden) return;
    const now = rows().find((one) => {
      const cue = cueOf(one);
      return seconds(cue.from) <= media.currentTime && media.currentTime < seconds(cue.to);
    }) || null;
    said.textContent = now ? cueOf(now).words : "";
    if (now === current) return;
    current?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", "true");
    current = now;
    if (now && !list.contains(document.activeElement)) list.scrollTop = now.offsetTop - list.offsetTop - list.clientHeight / 3;
  });

  tools.hidden = false;
  showAs(false);
}

// What cannot be read stays in the text, where the server names its line.
function parse(text) {
  const cues = [];
  for (const block of text.replace(/\r\n?/g, "\n").split(/\n\s*\n/)) {
    const lines = block.split("\n").filter((line) => line.trim());
    const at = lines.findIndex((line) => line.includes("-->"));
    if (at < 0) continue;
    const [from, to] = lines[at].split("-->").map((side) => side.trim().split(/\s/)[0]);
    const words = lines.slice(at + 1).join("\n").replace(/<[^>]*>/g, "");
    cues.push({ from: short(from), to: short(to), words: words.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&") });
  }
  return cues;
}

const escaped = (words) => words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function seconds(text) {
  const found = STAMP.exec(text);
  return found ? (Number(found[1] || 0) * 60 + Number(found[2])) * 60 + Number(found[3].replace(",", ".")) : NaN;
}

function stamp(at) {
  const millis = Math.round(at * 1000);
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(millis / 3600000)}:${two(Math.floor(millis / 60000) % 60)}:${two(Math.floor(millis / 1000) % 60)}.${String(millis % 1000).padStart(3, "0")}`;
}

const short = (text) => (Number.isNaN(seconds(text)) ? text : stamp(seconds(text)));
