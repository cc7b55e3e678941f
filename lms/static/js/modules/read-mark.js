// Who opened the page has read it: the form behind its button is sent once, and is not needed any more.

export default async function readMark(place) {
  const form = place.querySelector("form");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    place.hidden = answer.type === "opaqueredirect" || answer.ok;
  } catch {
    place.hidden = false; // the button stays for whoever has no network now
  }
}
