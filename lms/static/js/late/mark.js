// The name of whoever looks, over the picture, from place to place. It reminds; who commands the browser can take it away.

const PLACES = 6;
const STAY_SECONDS = 20;

export function markPicture(player, words) {
  const line = Object.assign(document.createElement("p"), { className: "player-mark" });
  line.setAttribute("aria-hidden", "true");
  let place = 0;

  function put() {
    const now = new Date();
    const two = (n) => String(n).padStart(2, "0");
    line.textContent = `${words} ${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}:${two(now.getMinutes())}`;
    line.dataset.place = String(place);
    place = (place + 1) % PLACES;
    if (line.parentElement !== player) player.append(line);
  }

  put();
  setInterval(put, STAY_SECONDS * 1000);
}
