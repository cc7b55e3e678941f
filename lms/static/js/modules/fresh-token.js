// A page that stood open may belong to a sign-in that is over, and a refusal would lose what was written on it. So before its form is sent
// the token is asked for anew; who has to sign in does so in another window and sends the form again. Not bound to an element.

import { ask } from "./confirm.js";

const YOUNG = 5 * 60 * 1000;
let asked = 0;
let left = false; // only who left the page can have signed in elsewhere
window.addEventListener("blur", () => (left = true));

export const isStale = () => left || performance.now() - asked > YOUNG;

// Whether the form may be sent now; otherwise the person has been told what to do.
export async function renew() {
  const now = await state();
  if (!now) return (await ask("网络不通，还没有提交，填写的内容都在。", "再试一次", "等一会儿")) && renew();
  const mine = document.querySelector("meta[name=person]")?.content;
  if (mine && mine !== String(now.person)) {
    if (await ask(words(now.person), "去登录", "先不提交")) window.open("/login");
    return false;
  }
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = now.csrf_token;
  document.querySelector("meta[name=csrf-token]").content = now.csrf_token;
  [asked, left] = [performance.now(), false];
  return true;
}

function words(person) {
  const why = person ? "这个浏览器里现在登录的是另一个人。" : "登录已过期。";
  return `${why}请在新窗口重新登录，再回到这里提交，填写的内容都在。`;
}

async function state() {
  try {
    const response = await fetch("/login/token", { cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
