// A page by keyboard, and the list of its keys. Keys pressed while typing, or with Ctrl, Alt or Meta, are left alone.

const TYPING = "input:not([type=range]), textarea, select, [contenteditable]";

// `actions`: key (lower case) → function.
export function keys(actions) {
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(TYPING) || document.querySelector("dialog[open]")) return;
    if (event.key === " " && target.closest("button, a, summary, audio, video[controls]")) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// Pairs of keys and what they do, in a dialog.
export function help(pairs) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", "快捷键");
  const list = Object.assign(document.createElement("dl"), { className: "keys" });
  for (const [key, does] of pairs) {
    list.append(Object.assign(document.createElement("dt"), { textContent: key }), Object.assign(document.createElement("dd"), { textContent: does }));
  }
  const form = Object.assign(document.createElement("form"), { className: "dialog-buttons", method: "dialog" });
  form.append(Object.assign(document.createElement("button"), { className: "button button-primary", textContent: "知道了" }));
  dialog.append(list, form);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
