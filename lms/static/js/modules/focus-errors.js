// The error summary takes the focus when the page opens; its links put the focus into the field itself.

export default function focusErrors(element) {
  element.focus();
  element.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const control = field.matches("fieldset") ? field.querySelector("input") : field;
    (control ?? field).focus();
    field.scrollIntoView({ block: "center" });
  });
}
