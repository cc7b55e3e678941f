// Tools of a document that is shown page by page: go to a page, larger and smaller, find words without losing the place, the keyboard.
// Without scripts the pages, their small pictures as links, and the search remain.

import { help, keys } from "./keys.js";

const SIZES = [100, 150, 200, 300];
const HELP = [
  ["← →", "上一页、下一页"],
  ["+ -", "放大、缩小"],
  ["/", "查找"],
  ["?", "这份说明"],
];

export function tools(host) {
  const part = (name) => host.querySelector(`[data-part="${name}"]`);
  const list = part("pages");
  if (!list) return;
  const pages = [...list.children];
  const number = part("jump") && part("jump").elements.page;
  let now = 1;
  let size = 0;

  function go(wanted) {
    now = Math.max(1, Math.min(pages.length, wanted));
    pages[now - 1].scrollIntoView({ block: "start" });
    if (number) number.value = String(now);
  }

  function zoom(by) {
    size = Math.max(0, Math.min(SIZES.length - 1, size + by));
    list.dataset.zoom = String(SIZES[size]);
    for (const frame of list.querySelectorAll(".reader-frame")) {
      if (size) frame.setAttribute("tabindex", "0");
      else frame.removeAttribute("tabindex");
    }
    part("zoom-now").textContent = `${SIZES[size]}%`;
    part("smaller").disabled = size === 0;
    part("larger").disabled = size === SIZES.length - 1;
    go(now);
  }

  // Which page is being looked at: the one that holds the line a third down the window.
  const observer = new IntersectionObserver((entries) => {
    const here = entries.filter((entry) => entry.isIntersecting).pop();
    if (!here) return;
    now = pages.indexOf(here.target) + 1;
    if (number && document.activeElement !== number) number.value = String(now);
  }, { rootMargin: "-33% 0px -66% 0px" });
  pages.forEach((page) => observer.observe(page));

  if (part("jump")) {
    part("jump").hidden = false;
    part("jump").addEventListener("submit", (event) => {
      event.preventDefault();
      go(Number(number.value) || now);
    });
    number.addEventListener("change", () => go(Number(number.value) || now));
  }
  if (part("zoom")) {
    part("zoom").hidden = false;
    part("smaller").addEventListener("click", () => zoom(-1));
    part("larger").addEventListener("click", () => zoom(1));
  }

  // The search is a page of its own without scripts; with them only its list is taken from that page.
  const form = part("find");
  if (form) form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = `${location.pathname}?q=${encodeURIComponent(form.elements.q.value)}`;
    try {
      const answer = await fetch(address);
      const other = new DOMParser().parseFromString(await answer.text(), "text/html");
      part("hits").replaceChildren(...other.querySelector('[data-part="hits"]').childNodes);
      history.replaceState(null, "", address);
    } catch {
      location.assign(address);
    }
  });
  host.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#page-"]');
    if (!link) return;
    event.preventDefault();
    go(Number(link.hash.slice(6)));
  });

  keys({
    arrowleft: () => go(now - 1), arrowright: () => go(now + 1), "+": () => zoom(1), "=": () => zoom(1), "-": () => zoom(-1),
    "/": () => form && form.elements.q.focus(),
    "?": () => help(HELP),
  });
}
