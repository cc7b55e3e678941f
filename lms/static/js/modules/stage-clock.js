// A clock on the wall: counts down to data-ends-ms, or says when data-opens-ms has come, or both; they are the server's milliseconds.
// With both, data-before stands in front of the seconds until the opening.

import { clockAt } from "./server-clock.js";

export default function stageClock(element) {
  const clock = clockAt(element.dataset.clock);
  const ends = Number(element.dataset.endsMs);
  const opens = Number(element.dataset.opensMs);

  const timer = setInterval(tick, 100);
  tick();

  function tick() {
    if (!element.isConnected) {
      clearInterval(timer);
      return;
    }
    if (!clock.isKnown) return;
    const now = clock.at();
    const text = opens && !ends ? opening(opens - now) : now < opens ? `${element.dataset.before} ${left(opens - now)}` : left(ends - now);
    if (element.textContent !== text) element.textContent = text;
    if (opens) element.classList.toggle("is-open", now >= opens);
    if (ends) element.classList.toggle("is-last", ends - now <= 5000);
  }
}

const opening = (milliseconds) => (milliseconds > 0 ? "准备抢答" : "开抢！");

const left = (milliseconds) => (milliseconds > 0 ? String(Math.ceil(milliseconds / 1000)) : "时间到");
