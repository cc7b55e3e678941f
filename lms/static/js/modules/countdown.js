// Runs down from data-seconds-left, the server's figure; the device's clock plays no part. Fires countdown:over once at zero.
// A later figure is given with element.dispatchEvent(new CustomEvent("countdown:set", {detail: seconds})).

const SPOKEN = { 300: "还剩 5 分钟", 60: "还剩 1 分钟", 10: "还剩 10 秒" };

export default function countdown(element) {
  const text = element.querySelector("[data-countdown-text]") ?? element;
  const say = element.querySelector("[data-countdown-say]");
  let ends = 0;
  let shown = null;
  let timer = 0;

  function set(seconds) {
    ends = performance.now() + seconds * 1000;
    shown = null;
    clearInterval(timer);
    timer = setInterval(tick, 250);
    tick();
  }

  function tick() {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    if (left === shown) return;
    shown = left;
    text.textContent = format(left);
    element.classList.toggle("is-last", left <= 60);
    if (say && SPOKEN[left]) say.textContent = SPOKEN[left];
    if (left > 0) return;
    clearInterval(timer);
    element.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  }

  element.addEventListener("countdown:set", (event) => set(event.detail));
  set(Number(element.dataset.secondsLeft));
}

export function format(seconds) {
  const pair = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${pair(Math.floor((seconds % 3600) / 60))}:${pair(seconds % 60)}`;
}
