// Practice: the answer is sent and the verdict, then the next question, takes the place of the present one without a new page. What is
// shown is the server's page in every case; whatever is not such a page (signed out, an error) is opened as a page of its own.

import { Question } from "./exam-question.js";
import { isStale, renew } from "./fresh-token.js";

export default function practice(root) {
  let busy = false;
  prepare();

  function prepare() {
    for (const element of root.querySelectorAll(".exam-question")) new Question(element);
  }

  root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-practice-form]")) return;
    event.preventDefault();
    if (busy || (isStale() && !(await renew()))) return;
    placeOrder(form);
    await replace(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }, () => form.submit());
  });

  root.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-practice-next]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!busy) await replace(link.href, {}, () => location.assign(link.href));
  });

  // The places of an ordering question are read from its selects; an order nobody confirmed is no answer.
  function placeOrder(form) {
    for (const list of form.querySelectorAll("[data-order]")) {
      const isOrdered = list.closest(".exam-question").dataset.ordered;
      list.querySelectorAll("select").forEach((select, n) => (select.value = isOrdered ? String(n + 1) : ""));
    }
  }

  async function replace(url, options, otherwise) {
    busy = true;
    root.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(url, { ...options, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-module~=practice]");
      if (!fresh) return otherwise();
      root.innerHTML = fresh.innerHTML;
      document.title = page.title;
      if (response.ok) history.replaceState(null, "", response.url);
      root.dispatchEvent(new CustomEvent("fragment:replaced", { bubbles: true }));
      prepare();
      root.querySelector("[data-practice-focus]")?.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
    } catch {
      otherwise();
    } finally {
      busy = false;
      root.removeAttribute("aria-busy");
    }
  }
}
