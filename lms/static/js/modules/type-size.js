// Shows type size, theme and contrast at once while they are being chosen; saving stays with the form.
// Radios or selects named type_size, theme and contrast set the page's attributes.

const ATTRIBUTES = { type_size: "type", theme: "theme", contrast: "contrast" };

export default function typeSize(form) {
  form.addEventListener("change", (event) => {
    const attribute = ATTRIBUTES[event.target.name];
    if (attribute) document.documentElement.dataset[attribute] = event.target.value;
  });
}
