// Sends one file in parts, three at a time, each with its digest. What the server has already is compared with the file instead of being sent
// again, so a closed tab, a cut line or a restarted server cost at most the parts that were on their way.

import { sha256 } from "./sha256.js";
import { Wire } from "./upload-wire.js";

const AT_ONCE = 3;
const SENT_AGAIN = 3;
const SPEED_OVER = 10000;
const HEAD_BYTES = 1024;
const UNREADABLE = "读不到这个文件了，可能已被移动、改名或还在手机云端。请重新选择。";
export const OTHER = "这个文件和上次传了一半的不是同一个，请选择原来的文件，或放弃后从头上传。";

class Stop extends Error {}

export class Uploader {
  #file;
  #wire;
  #tell;
  #upload = null;
  #digests = [];
  #sent = new Map(); // number → bytes the server has, or is getting
  #samples = [];
  #begunAnew = false;
  #stopped = false;

  // `tell(phase, facts)`: "sending" {loaded, total, speed}, "cut" {message}, "joining" {}, "done" {id, name}, "failed" {message}.
  constructor(file, tell) {
    this.#file = file;
    this.#tell = (phase, facts = {}) => this.#stopped || tell(phase, facts);
    this.#wire = new Wire((isCut, message) => (isCut ? this.#tell("cut", { message }) : this.#report()));
  }

  // A new upload, or the one of the same file that was begun before.
  async begin(kind) {
    const facts = { name: this.#file.name, size_bytes: this.#file.size, modified_millis: this.#file.lastModified, kind: kind || null };
    await this.#run(() => this.#wire.json("POST", "/api/uploads", facts));
  }

  // The upload of this number, whatever the file is called now; its stored parts tell whether it is the same.
  async resume(id) {
    this.#begunAnew = true; // what another file is compared with is never thrown away for it
    await this.#run(() => this.#wire.json("GET", `/api/uploads/${id}`));
  }

  stop() {
    this.#stopped = true;
    this.#wire.stop();
  }

  async #run(find) {
    const lock = await awake();
    try {
      let reply;
      do {
        this.#upload = agreed(await find());
        if (this.#upload.size_bytes !== this.#file.size) throw new Stop(OTHER);
        reply = await this.#sendAll();
      } while (reply === "again");
      this.#tell("done", { id: this.#upload.upload_id, name: this.#upload.name });
    } catch (problem) {
      if (!(problem instanceof Stop)) console.error("upload", problem);
      this.#tell("failed", { message: problem instanceof Stop ? problem.message : "上传没有完成，请重新选择文件再试。" });
      this.stop(); // the other parts under way too
    } finally {
      lock?.release();
    }
  }

  // "again" when the upload has to be looked at anew.
  async #sendAll() {
    const { size_bytes: size, part_bytes: each, parts } = this.#upload;
    const known = new Map(parts.map((part) => [part.number, part.sha256]));
    this.#sent = new Map(parts.map(({ number }) => [number, this.#sizeOf(number)]));
    this.#report();
    const numbers = Array.from({ length: Math.ceil(size / each) }, (_, n) => n + 1);
    // Before anything is sent two stored parts tell whether this is the same file; the others are compared at the end.
    const first = parts.length ? [parts[0].number, parts[parts.length - 1].number] : [];
    const missing = numbers.filter((number) => !known.has(number));
    const stored = numbers.filter((number) => known.has(number) && !this.#digests[number] && !first.includes(number));
    const isSame = (await this.#each(first, known)) && (await this.#each([...missing, ...stored], known));
    if (this.#stopped) throw new Stop("");
    return isSame ? this.#complete() : this.#other();
  }

  // False, soon, when the server knows one of them of another file.
  async #each(numbers, known) {
    const queue = [...numbers];
    let isSame = true;
    const work = async () => {
      while (queue.length && isSame && !this.#stopped) {
        const number = queue.shift();
        if (!(await this.#part(number, known.get(number)))) isSame = false;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return isSame;
  }

  #sizeOf(number) {
    const each = this.#upload.part_bytes;
    return Math.min(each, this.#upload.size_bytes - (number - 1) * each);
  }

  // False when the server knows this part of another file.
  async #part(number, known) {
    const start = (number - 1) * this.#upload.part_bytes;
    const content = await read(this.#file.slice(start, start + this.#sizeOf(number)));
    const digest = (this.#digests[number] = await sha256(content));
    if (known) return known === digest;
    for (let tries = 0; tries < SENT_AGAIN && !this.#stopped; tries++) {
      const reply = await this.#send(number, digest, content);
      if (reply.status === 200) {
        this.#sent.set(number, content.byteLength);
        return true;
      }
      if (reply.reason === "other") return false;
      if (reply.reason !== "digest" && reply.reason !== "address") throw new Stop(reply.error ?? "");
    }
    if (this.#stopped) return true;
    throw new Stop("有一段反复在路上损坏，请换一个网络，或稍后再选择同一个文件继续。");
  }

  async #send(number, digest, content) {
    const path = `/api/uploads/${this.#upload.upload_id}/parts/${number}`;
    const loaded = (bytes) => {
      this.#sent.set(number, bytes);
      this.#report();
    };
    if (!this.#upload.is_direct) return this.#wire.bytes(path, { "X-Part-Digest": digest }, content, loaded);
    const head = number === 1 ? btoa(String.fromCharCode(...new Uint8Array(content.slice(0, HEAD_BYTES)))) : "";
    for (;;) {
      const address = await this.#wire.json("POST", `${path}/address`, { sha256: digest, head });
      if (address.status !== 200) return address;
      const reply = await this.#wire.put(address.url, address.headers, content, loaded);
      if (reply.status && reply.status < 500) return reply.status === 200 ? reply : { ...reply, reason: "address" };
      if (this.#stopped) return { status: -1 };
      this.#tell("cut", { message: "已断开，会自动继续。" });
      await this.#wire.pause(3000);
    }
  }

  // The stored parts belong to another file of the same name, size and date: they are given up, once, and everything is sent.
  async #other() {
    if (this.#begunAnew) throw new Stop(OTHER);
    this.#begunAnew = true;
    this.#digests = [];
    agreed(await this.#wire.json("POST", `/api/uploads/${this.#upload.upload_id}/discard`, {}));
    return "again";
  }

  async #complete() {
    this.#tell("joining");
    const all = Uint8Array.from(this.#digests.slice(1).flatMap((digest) => digest.match(/../g).map((byte) => parseInt(byte, 16))));
    const reply = await this.#wire.json("POST", `/api/uploads/${this.#upload.upload_id}/completion`, { digest: await sha256(all.buffer) });
    if (reply.status === 200) return "done";
    if (reply.reason === "other") return this.#other();
    if (reply.reason !== "missing" && reply.reason !== "joining") throw new Stop(reply.error ?? "");
    await this.#wire.pause(2000);
    return "again";
  }

  #report() {
    const loaded = [...this.#sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    const now = performance.now();
    this.#samples.push([now, loaded]);
    while (this.#samples.length > 2 && now - this.#samples[0][0] > SPEED_OVER) this.#samples.shift();
    const [since, before] = this.#samples[0];
    const speed = Math.max(0, loaded - before) / Math.max((now - since) / 1000, 0.2);
    this.#tell("sending", { loaded, total: this.#file.size, speed });
  }
}

function agreed(reply) {
  if (reply.status === 200) return reply;
  throw new Stop(reply.error ?? "");
}

async function read(blob) {
  try {
    return await new Response(blob).arrayBuffer();
  } catch {
    throw new Stop(UNREADABLE);
  }
}

// Keeps a phone's screen from locking while something is sent, where the browser can; without that the upload goes on after unlocking.
async function awake() {
  try {
    return await navigator.wakeLock?.request("screen");
  } catch {
    return null;
  }
}
