// Shows type size and theme at once while they are being chosen; saving stays with the form.
// Radios or selects named type_size and theme; the theme "contrast" is the device's theme in high contrast.

export default function typeSize(form) {
  const page = document.documentElement.dataset;
  form.addEventListener("change", ({ target }) => {
    if (target.name === "type_size") page.type = target.value;
    if (target.name !== "theme") return;
    page.theme = target.value === "contrast" ? "auto" : target.value;
    page.contrast = target.value === "contrast" ? "high" : "normal";
  });
}
