// Asks data-confirm in a dialog before the form is sent or the link is followed. Without scripts the server's own checks stand.

export default function confirm(element) {
  let agreed = false;

  function guard(event) {
    if (agreed || element.dataset.agreed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(element.dataset.confirm, element.dataset.confirmYes).then((yes) => {
      if (!yes) return;
      agreed = true;
      if (element instanceof HTMLFormElement) element.requestSubmit(submitter);
      else element.click();
      agreed = false;
    });
  }

  element.addEventListener(element instanceof HTMLFormElement ? "submit" : "click", guard, { capture: true });
}

export function ask(text, yes = "确定", no = "再想想") {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "dialog-text");
  const said = Object.assign(document.createElement("p"), { className: "dialog-text", id: "dialog-text", textContent: text });
  const form = Object.assign(document.createElement("form"), { className: "dialog-buttons", method: "dialog" });
  form.append(button(no, "no", "outline"), button(yes, "yes", "primary"));
  dialog.append(said, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
  });
}

function button(text, value, kind) {
  return Object.assign(document.createElement("button"), { className: `button button-${kind}`, value, textContent: text });
}
