// A form is sent once: its buttons rest until the answer comes. The operation id stays, so that a repeat after "back" is harmless too.

import { isStale, renew } from "./fresh-token.js";

export default function submitOnce(form) {
  let checking = false;

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    if (isStale()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!checking) check(event.submitter);
      return;
    }
    form.dataset.sent = "yes";
    // After this turn: a disabled button would not send its own name and value.
    setTimeout(() => rest(form, true));
  });

  async function check(submitter) {
    checking = true;
    const fresh = await renew();
    checking = false;
    if (!fresh) return;
    form.dataset.agreed = "yes"; // whoever was asked to confirm is not asked again
    form.requestSubmit(submitter);
    delete form.dataset.agreed;
  }

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
