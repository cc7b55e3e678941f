// A form is sent once: its buttons rest until the answer comes. The operation id stays, so that a repeat after "back" is harmless too.

export default function submitOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    form.dataset.sent = "yes";
    // After this turn: a disabled button would not send its own name and value.
    setTimeout(() => rest(form, true));
  });
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    rest(form, false);
  });
}

function rest(form, busy) {
  for (const button of form.elements) {
    if (button.type !== "submit") continue;
    button.toggleAttribute("disabled", busy);
    if (busy) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}
