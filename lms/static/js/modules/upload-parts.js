// A form with one large file: it is sent in parts from the moment it is chosen, while the rest of the form is filled in; the form itself
// then carries the upload's number instead of the file. Pressing the button early is remembered.

import { Panel } from "./upload-panel.js";
import { Uploader } from "./uploader.js";

export default function uploadParts(form) {
  const input = form.querySelector("input[type=file][data-parts]");
  const number = form.elements.upload_id;
  const box = input?.closest(".field").querySelector("[data-upload]");
  if (!input || !number || !box) return;
  const panel = new Panel(box);
  const leave = (event) => event.preventDefault();
  let uploader = null;
  let phase = "";
  let pressed = null;

  input.addEventListener("change", () => (input.files.length ? begin() : reset()));
  form.addEventListener("submit", hold, { capture: true });
  window.addEventListener("pageshow", () => (input.disabled = false));
  if (input.files.length) begin();

  function reset() {
    uploader?.stop();
    uploader = null;
    [phase, number.value, box.hidden] = ["", "", true];
    window.removeEventListener("beforeunload", leave);
  }

  function begin() {
    reset();
    const mine = new Uploader(input.files[0], (now, facts) => mine === uploader && hear(now, facts));
    uploader = mine;
    phase = "sending";
    window.addEventListener("beforeunload", leave);
    mine.begin(input.dataset.parts);
  }

  function hear(now, facts) {
    phase = now;
    panel.show(now, facts);
    if (now === "done") arrive(facts.id);
    else if (now === "failed") refuse();
    else if (pressed && now === "sending") panel.text.textContent += "，传完自动保存";
  }

  function arrive(id) {
    number.value = id;
    window.removeEventListener("beforeunload", leave);
    const submitter = pressed;
    pressed = null;
    rest(false);
    if (submitter) form.requestSubmit(submitter);
  }

  function refuse() {
    window.removeEventListener("beforeunload", leave);
    if (pressed) input.focus();
    pressed = null;
    rest(false);
  }

  function hold(event) {
    if (!input.files.length || event.defaultPrevented) return;
    if (phase === "done") {
      input.disabled = true; // its bytes are there already
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    pressed = event.submitter ?? form.querySelector("[type=submit]");
    if (phase === "failed") begin();
    rest(true);
  }

  function rest(busy) {
    for (const button of form.querySelectorAll("[type=submit]")) button.toggleAttribute("disabled", busy);
  }
}
