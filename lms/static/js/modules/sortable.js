// A list whose lines can be dragged with the mouse. What was dragged is shown at once and kept by the form beside the list; the
// buttons in each line do the same without a mouse.

export default function sortable(list) {
  const form = document.getElementById(list.dataset.form);
  let dragged = null;

  for (const line of list.children) line.draggable = true;

  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-token]");
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    dragged?.classList.add("dragged");
  });

  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-token]");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientY > box.top + box.height / 2 ? over.nextSibling : over);
  });

  list.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    const order = [...list.querySelectorAll("[data-token]")].map((line) => line.dataset.token).join(",");
    if (order === form.elements.order.value) return;
    form.elements.order.value = order;
    form.hidden = false;
  });
}
