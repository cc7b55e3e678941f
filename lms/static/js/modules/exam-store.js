// What the device keeps of an attempt until the server has it, by name: IndexedDB, which survives a reload and a killed browser;
// localStorage where there is no IndexedDB. Writes happen in the order they are asked for.

const DATABASE = "lms-attempts";
const SHELF = "kept";
const OPEN_WITHIN = 3000;

export class Store {
  #prefix;
  #database = null;
  #ready;

  constructor(attempt) {
    this.#prefix = `${attempt}/`;
    this.#ready = this.#begin();
  }

  // Everything kept so far: Map name → value.
  async all() {
    await this.#ready;
    const kept = new Map(readLocal(this.#prefix));
    if (!this.#database) return kept;
    const names = this.#names();
    const shelf = this.#database.transaction(SHELF).objectStore(SHELF);
    const [keys, values] = await Promise.all([done(shelf.getAllKeys(names)), done(shelf.getAll(names))]);
    keys.forEach((key, n) => kept.set(key.slice(this.#prefix.length), values[n]));
    return kept;
  }

  put(name, value) {
    const copy = structuredClone(value);
    return this.#write(
      (shelf) => shelf.put(copy, this.#prefix + name),
      () => writeLocal(this.#prefix + name, copy),
      () => dropLocal(this.#prefix + name),
    );
  }

  remove(name) {
    return this.#write(
      (shelf) => shelf.delete(this.#prefix + name),
      () => dropLocal(this.#prefix + name),
    );
  }

  clear() {
    return this.#write(
      (shelf) => shelf.delete(this.#names()),
      () => readLocal(this.#prefix).forEach(([name]) => dropLocal(this.#prefix + name)),
    );
  }

  async #begin() {
    this.#database = await opened().catch(() => null);
  }

  // `gone` removes the copy that an earlier write had to leave in localStorage.
  async #write(change, otherwise, gone = otherwise) {
    await this.#ready;
    if (!this.#database) return otherwise();
    try {
      const transaction = this.#database.transaction(SHELF, "readwrite", { durability: "strict" });
      change(transaction.objectStore(SHELF));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
      gone();
    } catch {
      otherwise(); // the disk is full or the browser took the database away
    }
  }

  #names() {
    return IDBKeyRange.bound(this.#prefix, `${this.#prefix}\uffff`);
  }
}

async function opened() {
  const asked = indexedDB.open(DATABASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(SHELF);
  return Promise.race([done(asked), new Promise((_, reject) => setTimeout(reject, OPEN_WITHIN))]);
}

function done(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

// --- the fallback: one entry each; where even that is forbidden, the copy in memory has to do

const LOCAL = "lms.attempt.";

function readLocal(prefix) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(LOCAL + prefix));
    return keys.map((key) => [key.slice(LOCAL.length + prefix.length), JSON.parse(localStorage.getItem(key))]);
  } catch {
    return [];
  }
}

function writeLocal(key, value) {
  try {
    localStorage.setItem(LOCAL + key, JSON.stringify(value));
  } catch {
    // Full or forbidden.
  }
}

function dropLocal(key) {
  try {
    localStorage.removeItem(LOCAL + key);
  } catch {
    // Forbidden.
  }
}
