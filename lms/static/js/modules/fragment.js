// Fetches data-url every data-seconds while the page is in sight and puts the answer in place of the content.
// An unchanged answer (304) changes nothing; 204, 410 or the header X-Stop end it; errors wait twice as long, at most a minute.

const LONGEST = 60;

export default function fragment(element) {
  const usual = Number(element.dataset.seconds || 5);
  let wait = usual;
  let tag = null;
  let timer = 0;
  let stopped = false;

  async function refresh() {
    clearTimeout(timer);
    if (stopped || document.hidden || !element.isConnected) return;
    try {
      const response = await fetch(element.dataset.url, {
        headers: { "X-Requested-With": "fragment", ...(tag ? { "If-None-Match": tag } : {}) },
        cache: "no-store",
        signal: AbortSignal.timeout ? AbortSignal.timeout(15000) : undefined,
      });
      if (response.status === 204 || response.status === 410) stopped = true;
      else if (response.ok) await show(response);
      else if (response.status !== 304) throw new Error(String(response.status));
      if (response.headers.has("X-Stop")) stopped = true;
      wait = usual;
      element.classList.remove("fragment-stale");
    } catch {
      wait = Math.min(wait * 2, LONGEST);
      element.classList.add("fragment-stale");
    }
    if (!stopped) timer = setTimeout(refresh, wait * 1000 * (0.9 + Math.random() * 0.2));
  }

  async function show(response) {
    const html = await response.text();
    // What somebody is at, or is asked about, stays under the finger; without the tag it is sent whole next time.
    if (element.contains(document.activeElement) || document.querySelector("dialog[open]")) return;
    tag = response.headers.get("ETag");
    if (html === element.innerHTML) return;
    element.innerHTML = html;
    element.dispatchEvent(new CustomEvent("fragment:replaced", { bubbles: true }));
  }

  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  timer = setTimeout(refresh, usual * 1000);
}
