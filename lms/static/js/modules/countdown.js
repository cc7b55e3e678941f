// Runs down from data-seconds-left, the server's figure; the device's clock plays no part. Fires countdown:over once at zero.
// A later figure is given with element.dispatchEvent(new CustomEvent("countdown:set", {detail: seconds})). Each of SPOKEN is said once,
// also when the page slept over the very second; what had passed before the page opened is not said.

const SPOKEN = [
  [10, "还剩 10 秒"],
  [60, "还剩 1 分钟"],
  [300, "还剩 5 分钟"],
];

export default function countdown(element) {
  const text = element.querySelector("[data-countdown-text]") ?? element;
  const say = element.querySelector("[data-countdown-say]");
  let ends = 0;
  let shown = null;
  let timer = 0;
  let announced = Infinity; // the seconds left when something was last said or shown first

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
    speak(left);
    if (left > 0) return;
    clearInterval(timer);
    element.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  }

  function speak(left) {
    const [due, words] = SPOKEN.find(([seconds]) => left <= seconds) ?? [Infinity, ""];
    if (say && words && due < announced) say.textContent = words;
    announced = due;
  }

  element.addEventListener("countdown:set", (event) => set(event.detail));
  const atFirst = Number(element.dataset.secondsLeft);
  announced = SPOKEN.find(([seconds]) => atFirst < seconds)?.[0] ?? Infinity;
  set(atFirst);
}

export function format(seconds) {
  const pair = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${pair(Math.floor((seconds % 3600) / 60))}:${pair(seconds % 60)}`;
}
