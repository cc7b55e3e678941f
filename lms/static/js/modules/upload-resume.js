// One line of the page of uploads: the same file is chosen again and the upload goes on here.

import { Panel } from "./upload-panel.js";
import { OTHER, Uploader } from "./uploader.js";

export default function uploadResume(line) {
  const input = line.querySelector("input[type=file]");
  const panel = new Panel(line.querySelector("[data-upload]"));
  let uploader = null;

  input.addEventListener("change", () => {
    uploader?.stop();
    const [file] = input.files;
    if (!file) return;
    if (file.size !== Number(line.dataset.size)) return panel.show("failed", { message: OTHER });
    line.querySelector("[data-upload-state]").hidden = true;
    uploader = new Uploader(file, (phase, facts) => (phase === "done" ? location.reload() : panel.show(phase, facts)));
    uploader.resume(line.dataset.upload);
  });
}
