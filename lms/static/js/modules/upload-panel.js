// What an uploader tells, in words and a bar. Not bound to an element.

import { said } from "./upload-progress.js";

export class Panel {
  constructor(element) {
    this.element = element;
    this.bar = element.querySelector("progress");
    this.text = element.querySelector(".upload-text");
  }

  show(phase, facts) {
    this.element.hidden = false;
    this.element.dataset.phase = phase;
    this.element.classList.toggle("upload-failed", phase === "failed" || phase === "cut");
    if (phase === "sending") {
      this.bar.max = facts.total;
      this.bar.value = facts.loaded;
    }
    const words = this.#words(phase, facts);
    if (words !== this.text.textContent) this.text.textContent = words;
  }

  #words(phase, { loaded, total, speed, message }) {
    if (phase === "sending") return loaded < total && !speed ? "正在核对文件……" : said(loaded, total, speed);
    if (phase === "joining") return "已传完，正在核对整个文件……";
    if (phase === "done") return "已传好。";
    return message;
  }
}
