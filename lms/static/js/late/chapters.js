// The chapters of a lecture: the one being shown is marked in the list, a tap jumps to one as far as the lesson allows.

export function chapters(host) {
  const section = host.querySelector('[data-part="chapters"]');
  if (!section) return () => "";
  const lines = [...section.querySelectorAll("[data-from]")];
  const starts = lines.map((line) => Number(line.dataset.from));

  host.addEventListener("player:time", (event) => {
    const { millis, furthest } = event.detail;
    const now = indexAt(millis);
    lines.forEach((line, n) => {
      line.toggleAttribute("disabled", starts[n] > furthest + 1500);
      if (n === now) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    });
  });

  section.addEventListener("click", (event) => {
    const line = event.target.closest("[data-from]");
    if (line) host.dispatchEvent(new CustomEvent("player:seek", { detail: Number(line.dataset.from) }));
  });

  function indexAt(millis) {
    let found = -1;
    for (let n = 0; n < starts.length && starts[n] <= millis; n++) found = n;
    return found;
  }

  // What the chapter at that moment is called; "" before the first.
  return (millis) => {
    const found = indexAt(millis);
    return found < 0 ? "" : lines[found].lastElementChild.textContent;
  };
}
