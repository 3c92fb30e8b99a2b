// What must outlive a crash: drafts, and submissions on their way. Two copies of each: one in local storage, there at once
// but brought to the disk by Chromium only about once a minute, and one in a database of the browser, which is on the disk
// when its transaction ends. Typing waits for neither, and a copy too many does no harm: the newer one of a key counts.
const NAME = "sobo";
const KEPT = "kept";
// How long the start of a page waits for the database, which may be held up by another program.
const PATIENCE = 3000;
// Drafts of entries that came to nothing here are not kept for ever.
const OLD = 60 * 24 * 3600 * 1000;
export const DRAFTS = "sobo.draft.";
export const OUTBOX = "sobo.outbox.";

const ended = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const committed = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = transaction.onerror = () => reject(transaction.error);
});

class Store {
  constructor() {
    this.memory = new Map(); // What local storage would not take.
    this.waiting = new Map(); // Not yet in the database; null: to be removed.
    this.writing = null;
    this.opened = null;
  }

  // Opened when it is first needed.
  get database() {
    return (this.opened ??= this.open());
  }

  // Whether a screen has ever kept anything here. Only the entry screen makes the database: a page that is left again at once
  // would leave it half made, and the next page waiting for it.
  async there() {
    try {
      return (await indexedDB.databases()).some(({ name }) => name === NAME);
    } catch {
      return false;
    }
  }

  async open() {
    try {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(KEPT);
      const database = await ended(asked);
      database.onclose = () => (this.opened = null);
      return database;
    } catch {
      return null; // Forbidden, or the disk is full: local storage is all there is.
    }
  }

  get(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  }

  keys(beginning) {
    const fast = [];
    try {
      for (let at = 0; at < localStorage.length; at++) fast.push(localStorage.key(at));
    } catch {
      // Forbidden.
    }
    return [...new Set([...fast, ...this.memory.keys()])].filter((key) => key.startsWith(beginning));
  }

  quick(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      this.memory.delete(key);
    } catch {
      this.memory.set(key, value);
    }
  }

  // `value.at`: when it was so, in milliseconds.
  put(key, value) {
    this.quick(key, value);
    this.waiting.set(key, value);
    this.write();
  }

  remove(key) {
    this.memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // Forbidden.
    }
    this.waiting.set(key, null);
    this.write();
  }

  // One transaction at a time, with the newest of every key: however fast somebody types, the disk sets the pace.
  write() {
    this.writing ??= this.flush().finally(() => {
      this.writing = null;
      if (this.waiting.size) this.write();
    });
    return this.writing;
  }

  async flush() {
    while (this.waiting.size) {
      const database = await this.database;
      const batch = this.waiting;
      this.waiting = new Map();
      if (!database) continue;
      try {
        const transaction = database.transaction(KEPT, "readwrite", { durability: "strict" });
        const kept = transaction.objectStore(KEPT);
        for (const [key, value] of batch) value === null ? kept.delete(key) : kept.put(value, key);
        await committed(transaction);
      } catch {
        // This time local storage is all there is.
      }
    }
  }

  // Everything said so far is on the disk.
  async settled() {
    await this.writing;
  }

  // Brings the two copies together, once, before anything is read.
  restored() {
    this.restoring ??= Promise.race([this.restore(), new Promise((go) => setTimeout(go, PATIENCE))]);
    return this.restoring;
  }

  async restore() {
    const now = Date.now();
    const database = await this.database;
    if (database) {
      try {
        const kept = database.transaction(KEPT).objectStore(KEPT);
        const [keys, values] = await Promise.all([ended(kept.getAllKeys()), ended(kept.getAll())]);
        keys.forEach((key, at) => {
          const fast = this.get(key);
          if (!fast || fast.at < values[at].at) this.quick(key, values[at]);
        });
      } catch {
        // Damaged: local storage serves.
      }
    }
    for (const key of this.keys(DRAFTS)) {
      if (!(now - this.get(key)?.at < OLD)) this.remove(key);
    }
  }
}

export const store = new Store();
