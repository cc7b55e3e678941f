// On the page after an attempt: answers that this device still held when it ended are sent, so that the server keeps them as late, and
// what cannot be delivered any more is said.

import { Outbox } from "./exam-outbox.js";
import { Store } from "./exam-store.js";

export default async function rest(element) {
  const store = new Store(element.dataset.attempt);
  const kept = await store.all().catch(() => new Map());
  const answers = [...kept].filter(([name]) => name.startsWith("answer/"));
  const outbox = new Outbox(element.dataset.api, store, {});
  const notDelivered = [];
  let stored = 0;
  for (const [name, { sequence, choice }] of answers) {
    const item = Number(name.slice("answer/".length));
    const reply = await outbox.send(`${element.dataset.api}/answers`, { item, sequence, choice, lease: kept.get("lease") });
    if (reply.status === 0 || reply.status >= 500 || reply.status === 401) return;
    if (reply.ok) stored += 1;
    else notDelivered.push(item);
  }
  await store.clear();
  if (notDelivered.length) {
    element.querySelector("[data-exam-rest-text]").textContent = `第 ${notDelivered.join("、")} 题在这台设备上改过的答案，交卷前没有送到服务器，不计分。`;
    element.hidden = false;
  } else if (stored) location.reload();
}
