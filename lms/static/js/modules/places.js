// Places in a medium outside a lesson's own player: start where the address says, jump where a line, note or remark stands, and put the
// present moment or page into the form of the next one.

import { clock } from "./beats.js";

export default function places(root) {
  const lesson = document.querySelector("[data-lesson]");
  const media = () => document.querySelector("main video, main audio");
  const field = root.querySelector('[data-part="place"]') || document.querySelector('#comments [data-part="place"]');

  const start = Number(root.dataset.position || 0);
  if (start) at(start, false);

  function at(millis, play) {
    if (lesson) return lesson.dispatchEvent(new CustomEvent("player:seek", { detail: millis }));
    const player = media();
    if (!player) return;
    const go = () => {
      player.currentTime = millis / 1000;
      if (play) player.play().catch(() => {});
    };
    if (player.readyState > 0) go();
    else player.addEventListener("loadedmetadata", go, { once: true });
  }

  root.addEventListener("click", (event) => {
    const place = event.target.closest("[data-seek]");
    if (!place || !(lesson || media())) return;
    event.preventDefault();
    at(Number(place.dataset.seek), true);
    media()?.scrollIntoView({ block: "nearest" });
  });

  if (!field) return;
  const form = field.form;
  form.addEventListener("focusin", (event) => {
    if (event.target === field || field.value) return;
    const player = media();
    if (player && player.currentTime >= 1) field.value = clock(player.currentTime);
    else if (!player) field.value = pageInSight();
  });
}

function pageInSight() {
  const middle = innerHeight / 2;
  const page = [...document.querySelectorAll('main [id^="page-"]')].findLast((each) => each.getBoundingClientRect().top < middle);
  return page ? page.id.replace("page-", "") : "";
}
