// The server's clock as a device knows it: of the last 20 samples the one with the least round trip tells how far the own clock is off.

const KEPT = 20;

export class ServerClock {
  #samples = [];

  // The server said `server` (milliseconds); the question left at `sent` and the answer came at `got` (performance.now()).
  sample(sent, got, server) {
    this.#samples.push({ trip: got - sent, offset: server - (sent + got) / 2 });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  get isKnown() {
    return this.#samples.length > 0;
  }

  // The server's milliseconds now, or at an instant of performance.now().
  at(instant = performance.now()) {
    return instant + this.#samples.reduce((best, one) => (one.trip < best.trip ? one : best)).offset;
  }
}

const shared = new Map();

// The clock that answers at this address, asked a few times now and then every half minute; one for the whole page.
export function clockAt(url) {
  if (!shared.has(url)) {
    const clock = new ServerClock();
    shared.set(url, clock);
    measure(clock, url, 5);
  }
  return shared.get(url);
}

async function measure(clock, url, soon) {
  const sent = performance.now();
  try {
    const answer = await fetch(url, { cache: "no-store" });
    if (answer.ok) clock.sample(sent, performance.now(), (await answer.json()).server_ms);
  } catch {
    // The next one may come through.
  }
  setTimeout(() => measure(clock, url, Math.max(0, soon - 1)), soon ? 400 : 30000);
}
