// Boxes in front of rows: the one in the head marks all of the page, shift marks a stretch, the bar [data-bulk] shows while any is marked.

export default function tableSelect(table) {
  const all = table.querySelector("[data-select-all]");
  const boxes = [...table.querySelectorAll("tbody .table-select input")];
  const bar = (table.closest("form") ?? document).querySelector("[data-bulk]");
  let last = null;

  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  table.addEventListener("click", (event) => {
    const box = event.target.closest("tbody .table-select input");
    if (!box) return;
    if (event.shiftKey && last) stretch(last, box);
    last = box;
    show();
  });

  function stretch(from, to) {
    const [first, end] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
    for (const box of boxes.slice(first, end + 1)) box.checked = to.checked;
  }

  function show() {
    const marked = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = marked > 0 && marked === boxes.length;
      all.indeterminate = marked > 0 && marked < boxes.length;
    }
    if (!bar) return;
    bar.hidden = marked === 0;
    bar.querySelector("[data-bulk-count]").textContent = marked;
  }

  show();
}
