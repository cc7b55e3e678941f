// Notes and remarks beside a player or reader: a tap leads to the place, as far as the lesson allows, and the form of the next one is given the
// present moment or page.

import { clock } from "./beats.js";

export default function places(root) {
  const field = root.querySelector('[data-part="place"]');
  const host = () => document.querySelector('main [data-lesson], main [data-module~="video"]');
  const media = () => document.querySelector("main video, main audio");

  root.addEventListener("click", (event) => {
    const place = event.target.closest("[data-seek]");
    if (!place || !media()) return;
    event.preventDefault();
    host()?.dispatchEvent(new CustomEvent("player:seek", { detail: Number(place.dataset.seek) }));
    media().scrollIntoView({ block: "nearest" });
  });

  field?.form.addEventListener("focusin", (event) => {
    if (event.target === field || field.value) return;
    const player = media();
    if (player && player.currentTime >= 1) field.value = clock(player.currentTime);
    else if (!player) field.value = pageInSight();
  });
}

function pageInSight() {
  const middle = innerHeight / 2;
  const pages = [...document.querySelectorAll('main li[id^="page-"]')];
  return pages.filter((page) => page.getBoundingClientRect().top < middle).pop()?.id.replace("page-", "") || "";
}
