// A recording looked at outside a lesson: the browser's own controls, from whatever source there is, with the transcript beside it.

import { chapters } from "./chapters.js";
import { markPicture } from "./mark.js";
import { Source } from "./source.js";
import { transcript } from "./transcript.js";

export default function video(host) {
  const media = host.querySelector('[data-part="media"]');
  const state = host.querySelector('[data-part="state"]');
  const say = (words) => (state.textContent = words);
  const source = new Source(host, media, { say, onMoved: (playing) => playing && media.play() });
  const tell = () => host.dispatchEvent(new CustomEvent("player:time", { detail: { millis: media.currentTime * 1000, furthest: Infinity } }));

  transcript(host);
  chapters(host);
  if (host.dataset.mark) markPicture(host.querySelector('[data-part="player"]'), host.dataset.mark);
  media.addEventListener("timeupdate", tell);
  media.addEventListener("seeked", tell);
  host.addEventListener("player:seek", (event) => {
    media.currentTime = event.detail / 1000;
    media.play();
  });
  const at = /^#t=(\d{1,6})$/.exec(location.hash);
  const begin = () => at && (media.currentTime = Number(at[1]));
  source.start("auto", at ? Number(at[1]) : 0);
  if (media.readyState > 0) begin();
  else media.addEventListener("loadedmetadata", begin, { once: true });
}
