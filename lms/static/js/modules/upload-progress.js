// Sends a form with a file and shows percent, speed and the time left. Falls back to the ordinary post when it cannot.

export default function uploadProgress(form) {
  const input = form.querySelector("input[type=file]");
  const panel = form.querySelector("[data-upload]");
  if (!input || !panel || !window.FormData) return;
  const bar = panel.querySelector("progress");
  const text = panel.querySelector(".upload-text");
  let sending = false;

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !input.files.length) return;
    event.preventDefault();
    if (!sending) send();
  });

  function send() {
    const request = new XMLHttpRequest();
    const started = performance.now();
    const leave = (event) => event.preventDefault();
    sending = true;
    panel.hidden = false;
    panel.classList.remove("upload-failed");
    window.addEventListener("beforeunload", leave);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.max = total;
      bar.value = loaded;
      text.textContent = describe(loaded, total, (performance.now() - started) / 1000);
    });
    request.addEventListener("loadend", () => {
      window.removeEventListener("beforeunload", leave);
      if (request.status && request.status < 500) arrive(request);
      else fail();
    });
    request.open("POST", form.action);
    request.setRequestHeader("X-Requested-With", "upload");
    request.send(new FormData(form));
  }

  function fail() {
    sending = false;
    panel.classList.add("upload-failed");
    text.textContent = "没有传完，网络断开或服务器没有回应。文件还在，请再按一次上传。";
    window.dispatchEvent(new PageTransitionEvent("pageshow"));
  }
}

// The redirect has been followed already, its flash message spent: the answer itself becomes the page, in this same document, so that
// its modules are bound like those of a fragment.
function arrive(request) {
  if (request.responseURL) history.replaceState(null, "", request.responseURL);
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  for (const { name, value } of answer.documentElement.attributes) document.documentElement.setAttribute(name, value);
  document.documentElement.classList.add("has-js");
  document.head.querySelector("meta[name=csrf-token]")?.replaceWith(...answer.head.querySelectorAll("meta[name=csrf-token]"));
  document.title = answer.title;
  document.body.replaceWith(answer.body);
  window.scrollTo(0, 0);
  document.body.dispatchEvent(new CustomEvent("fragment:replaced", { bubbles: true }));
}

export const describe = (loaded, total, seconds) => said(loaded, total, loaded / Math.max(seconds, 0.2));

// Speed in bytes a second.
export function said(loaded, total, speed) {
  const percent = Math.floor((loaded / total) * 100);
  if (loaded >= total) return "已传完，正在检查文件……";
  return `已传 ${percent}%（${size(loaded)} / ${size(total)}），每秒 ${size(speed)}，约剩 ${left((total - loaded) / speed)}`;
}

const size = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} KB`);
const left = (seconds) => (seconds >= 90 ? `${Math.ceil(seconds / 60)} 分钟` : `${Math.ceil(seconds)} 秒`);
