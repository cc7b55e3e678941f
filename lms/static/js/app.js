// Binds every element with data-module="name …" to the default export of ./modules/name.js, once, when it is there; in the one script
// that pages load, a name that is not among the modules is fetched from ./late/name.js.

const bound = new WeakSet();

export function bind(root) {
  const found = [...root.querySelectorAll("[data-module]")];
  if (root instanceof Element && root.matches("[data-module]")) found.unshift(root);
  for (const element of found) {
    if (bound.has(element)) continue;
    bound.add(element);
    for (const name of element.dataset.module.split(/\s+/).filter(Boolean)) start(name, element);
  }
}

async function start(name, element) {
  try {
    const module = await import(`./modules/${name}.js`);
    module.default(element);
    element.dispatchEvent(new CustomEvent("module:ready", { bubbles: true, detail: name }));
  } catch (error) {
    console.error(`module ${name} did not start`, error);
  }
}

document.documentElement.classList.add("has-js");
document.addEventListener("fragment:replaced", (event) => bind(event.target));
bind(document);
