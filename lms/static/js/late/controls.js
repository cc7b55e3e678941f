// The player's buttons and keys. What they do to the playing itself is the player's: `play` has toggle, jumpBy, speed, say.

import { help, keys } from "./keys.js";
import { remember, remembered } from "./remembered.js";
import { SOUND } from "./source.js";

const HELP = [
  ["空格 或 K", "播放、暂停"],
  ["← →", "退后、前进 5 秒"],
  ["J L", "退后、前进 10 秒"],
  ["↑ ↓", "音量"],
  ["C", "字幕"],
  ["M", "静音"],
  ["F", "全屏"],
  ["?", "这份说明"],
];
const STALLS_MOST = 3;
const STALLS_SECONDS = 60;

export function controls(lesson, media, source, play) {
  const part = (name) => lesson.querySelector(`[data-part="${name}"]`);
  const frame = part("player");
  const isMarked = "mark" in lesson.dataset;

  function full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (frame.requestFullscreen) frame.requestFullscreen();
    else if (isMarked) frame.classList.toggle("player-full"); // the phone's own full screen would leave the name behind
    else if (media.webkitEnterFullscreen) media.webkitEnterFullscreen();
  }

  function captions(shown) {
    const track = media.textTracks[0];
    if (!track || !part("captions")) return;
    track.mode = shown ? "showing" : "hidden";
    part("captions").setAttribute("aria-pressed", String(shown));
  }

  function toggleCaptions() {
    const shown = media.textTracks[0] && media.textTracks[0].mode !== "showing";
    captions(shown);
    remember({ captions: shown });
  }

  function mute() {
    media.muted = !media.muted;
    play.say(media.muted ? "已静音，再按 M 恢复" : "声音已恢复");
  }

  function louder(by) {
    media.muted = false;
    media.volume = Math.max(0, Math.min(1, Math.round((media.volume + by) * 10) / 10));
    play.say(`音量 ${Math.round(media.volume * 100)}%`);
  }

  async function apart() {
    if (document.pictureInPictureElement) return document.exitPictureInPicture();
    await media.requestPictureInPicture().catch(() => play.say("这个浏览器现在不能用画中画，请先开始播放"));
  }

  function quality() {
    const chosen = part("quality").value;
    source.choose(chosen);
    frame.classList.toggle("player-still", chosen === SOUND);
    remember({ quality: chosen });
  }

  // What is offered when the network is too slow for the picture.
  const stalls = [];
  media.addEventListener("waiting", () => {
    if (source.isMoving || media.seeking || !lesson.dataset.sound || source.quality === SOUND) return;
    const now = performance.now();
    stalls.push(now);
    if (stalls.filter((at) => now - at < STALLS_SECONDS * 1000).length < STALLS_MOST) return;
    stalls.length = 0;
    play.say("网络较慢，可以在“清晰度”里选“只听声音”");
  });

  const listen = (name, action) => part(name) && part(name).addEventListener("click", action);
  listen("toggle", play.toggle);
  listen("start", play.toggle);
  listen("speed", play.speed);
  listen("full", full);
  listen("captions", toggleCaptions);
  listen("keys", () => help(HELP));
  listen("apart", apart);
  media.addEventListener("click", play.toggle);
  keys({
    "?": () => help(HELP),
    " ": play.toggle, k: play.toggle, m: mute, f: () => part("full") && full(), c: () => part("captions") && toggleCaptions(),
    arrowleft: () => play.jumpBy(-5), arrowright: () => play.jumpBy(5), j: () => play.jumpBy(-10), l: () => play.jumpBy(10),
    arrowup: () => louder(0.1), arrowdown: () => louder(-0.1),
  });
  if (part("apart")) part("apart").hidden = isMarked || !document.pictureInPictureEnabled;
  captions(remembered().captions !== false);

  // The quality chosen on this device last, where this recording has it.
  const choice = part("quality");
  if (!choice) return "auto";
  const last = remembered().quality;
  if (last && [...choice.options].some((option) => option.value === last)) choice.value = last;
  frame.classList.toggle("player-still", choice.value === SOUND);
  choice.addEventListener("change", quality);
  return choice.value;
}
