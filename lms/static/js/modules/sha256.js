// SHA-256 of a buffer in hex. WebCrypto where there is one; an intranet site on plain HTTP has none, so the same is also done here
// (FIPS 180-4), a little at a time so that the page stays alive.

const SLICE = 512 * 1024;
const K = new Uint32Array(64);
const START = new Uint32Array(8);
for (let n = 2, found = 0; found < 64; n++) {
  if (!isPrime(n)) continue;
  if (found < 8) START[found] = Math.floor((Math.sqrt(n) % 1) * 2 ** 32);
  K[found++] = Math.floor((Math.cbrt(n) % 1) * 2 ** 32);
}

export async function sha256(buffer) {
  if (window.crypto?.subtle) return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", buffer)));
  return hex(await ownDigest(new Uint8Array(buffer)));
}

// For tests too: what is done where WebCrypto is missing.
export async function ownDigest(bytes) {
  const state = START.slice();
  const whole = bytes.length - (bytes.length % 64);
  for (let start = 0; start < whole; start += SLICE) {
    blocks(state, bytes.subarray(start, Math.min(start + SLICE, whole)));
    if (start + SLICE < whole) await new Promise((next) => setTimeout(next));
  }
  blocks(state, padded(bytes.subarray(whole), bytes.length));
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, n) => digest.setUint32(n * 4, word));
  return new Uint8Array(digest.buffer);
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function padded(rest, length) {
  const end = new Uint8Array(rest.length < 56 ? 64 : 128);
  end.set(rest);
  end[rest.length] = 0x80;
  const view = new DataView(end.buffer);
  view.setUint32(end.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(end.length - 4, (length * 8) % 2 ** 32);
  return end;
}

function blocks(state, bytes) {
  const w = new Uint32Array(64);
  for (let at = 0; at < bytes.length; at += 64) {
    for (let t = 0, n = at; t < 16; t++, n += 4) w[t] = (bytes[n] << 24) | (bytes[n + 1] << 16) | (bytes[n + 2] << 8) | bytes[n + 3];
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15];
      const y = w[t - 2];
      const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (w[t - 16] + small0 + w[t - 7] + small1) | 0;
    }
    round(state, w);
  }
}

// Word by word: taking arrays apart and putting them together again costs three times as much.
function round(state, w) {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let t = 0; t < 64; t++) {
    const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + big1 + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
    const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function isPrime(n) {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}
