// The lines of a lecture: the one being said is marked, a tap jumps there as far as the lesson allows.

export default function transcript(section) {
  const lesson = section.closest("[data-lesson]");
  const list = section.querySelector("ol");
  const lines = [...section.querySelectorAll("[data-from]")];
  const starts = lines.map((line) => Number(line.dataset.from));
  let current = null;

  lesson.addEventListener("player:time", (event) => {
    const { millis, furthest } = event.detail;
    lines.forEach((line, n) => line.toggleAttribute("disabled", starts[n] > furthest + 1500));
    const now = lines[starts.findLastIndex((start) => start <= millis)] || null;
    if (now === current) return;
    current?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", "true");
    current = now;
    if (now && !list.contains(document.activeElement)) list.scrollTop = now.offsetTop - list.offsetTop - list.clientHeight / 3;
  });

  section.addEventListener("click", (event) => {
    const line = event.target.closest("[data-from]");
    if (line) lesson.dispatchEvent(new CustomEvent("player:seek", { detail: Number(line.dataset.from) }));
  });
}
