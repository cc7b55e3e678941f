// What a person chose on this device last: quality, speed, captions. Forgotten where the browser keeps nothing.

const KEY = "lms.player";

export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || {};
  } catch {
    return {};
  }
}

export function remember(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...remembered(), ...choice }));
  } catch {
    // Then it is chosen anew next time.
  }
}
