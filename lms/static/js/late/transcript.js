// The lines of a lecture: the one being said is marked, a tap jumps there as far as the lesson allows, and words are found in them.
// Not bound to an element: player and preview each make one, and tell it the time by `player:time` on the host.

export function transcript(host) {
  const section = host.querySelector('[data-part="transcript"]');
  if (!section) return;
  const list = section.querySelector("ol");
  const form = section.querySelector("form");
  const count = section.querySelector('[data-part="found"]');
  const lines = [...section.querySelectorAll("[data-from]")];
  const starts = lines.map((line) => Number(line.dataset.from));
  const texts = lines.map((line) => line.lastElementChild.textContent);
  let current = null;
  let hits = [];
  let at = -1;
  let words = "";

  host.addEventListener("player:time", (event) => {
    const { millis, furthest } = event.detail;
    lines.forEach((line, n) => line.toggleAttribute("disabled", starts[n] > furthest + 1500));
    let now = null;
    for (let n = 0; n < starts.length && starts[n] <= millis; n++) now = lines[n];
    if (now === current) return;
    if (current) current.removeAttribute("aria-current");
    if (now) now.setAttribute("aria-current", "true");
    current = now;
    if (now && !section.contains(document.activeElement)) bring(now);
  });

  // The list is what its lines are measured from.
  function bring(line) {
    list.scrollTop = line.offsetTop - list.clientHeight / 3;
  }

  section.addEventListener("click", (event) => {
    const line = event.target.closest("[data-from]");
    if (line) host.dispatchEvent(new CustomEvent("player:seek", { detail: Number(line.dataset.from) }));
  });

  // Search

  function find() {
    words = form.q.value.trim();
    const wanted = words.normalize("NFKC").toLowerCase();
    hits = [];
    at = -1;
    lines.forEach((line, n) => {
      const hit = wanted !== "" && texts[n].normalize("NFKC").toLowerCase().includes(wanted);
      mark(line.lastElementChild, texts[n], hit ? words : "");
      if (hit) hits.push(line);
    });
    count.textContent = words === "" ? "" : hits.length ? `${hits.length} 处` : "没有找到，换个词试试";
  }

  function mark(place, text, found) {
    const start = found ? text.toLowerCase().indexOf(found.toLowerCase()) : -1;
    if (start < 0) {
      place.textContent = text;
      return;
    }
    const marked = Object.assign(document.createElement("mark"), { textContent: text.slice(start, start + found.length) });
    place.replaceChildren(text.slice(0, start), marked, text.slice(start + found.length));
  }

  form.addEventListener("input", find);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.q.value.trim() !== words) find();
    if (!hits.length) return;
    at = (at + 1) % hits.length;
    const line = hits[at];
    bring(line);
    const later = line.disabled ? "，还没学到" : "";
    count.textContent = `第 ${at + 1} 处，共 ${hits.length} 处${later}`;
    if (!line.disabled) line.click();
  });
  form.hidden = false;
}
