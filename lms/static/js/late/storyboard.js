// What is to be seen at the place of the bar that is pointed at or dragged to: a picture where there are any, the chapter, the time.

import { clock } from "./beats.js";

export function storyboard({ track, seek, box, facts, stream, length, titleAt }) {
  const picture = box.querySelector('[data-part="preview-picture"]');
  const words = box.querySelector('[data-part="preview-words"]');
  const sheets = new Map();

  function show(seconds) {
    const title = titleAt(seconds * 1000);
    words.textContent = title ? `${clock(seconds)} ${title}` : clock(seconds);
    box.hidden = false;
    if (facts) paint(Math.min(facts.count - 1, Math.floor((seconds * 1000) / facts.every_millis)));
    const half = box.offsetWidth / 2;
    const at = (seconds / length) * track.clientWidth;
    box.style.left = `${Math.max(half, Math.min(track.clientWidth - half, at))}px`;
  }

  function paint(tile) {
    const perSheet = facts.columns * facts.rows;
    const [number, place] = [Math.floor(tile / perSheet) + 1, tile % perSheet];
    picture.hidden = false;
    picture.style.width = `${facts.tile_width}px`;
    picture.style.height = `${facts.tile_height}px`;
    picture.style.backgroundPosition = `-${(place % facts.columns) * facts.tile_width}px -${Math.floor(place / facts.columns) * facts.tile_height}px`;
    sheet(number).then((address) => {
      if (address) picture.style.backgroundImage = `url("${address}")`;
    });
  }

  // Each sheet is fetched once, when the bar is first pointed at where it begins to matter.
  function sheet(number) {
    if (!sheets.has(number)) sheets.set(number, fetched(`${stream}${facts.name}/sheet-${String(number).padStart(3, "0")}.webp`));
    return sheets.get(number);
  }

  async function fetched(address) {
    try {
      const answer = await fetch(address);
      return answer.ok ? URL.createObjectURL(await answer.blob()) : "";
    } catch {
      return "";
    }
  }

  const hide = () => (box.hidden = true);
  track.addEventListener("pointermove", (event) => {
    const { left, width } = track.getBoundingClientRect();
    show(Math.max(0, Math.min(1, (event.clientX - left) / width)) * length);
  });
  seek.addEventListener("input", () => show(Number(seek.value)));
  for (const end of ["pointerleave", "pointercancel", "pointerup"]) track.addEventListener(end, hide);
  seek.addEventListener("change", hide);
  seek.addEventListener("blur", hide);
}
