// Submissions on their way to the server. What was said stays in this browser until the server has it, also through a lost
// connection, a reload or a crash, and sending it twice does no harm: two windows of one person may send the same letter.
import { call, Offline } from "/assets/api.js";
import { OUTBOX, store } from "/assets/store.js";

const AGAIN = 2000;
const HELD = 20000; // Another person holds the entry, or the server fails over it: it may come free.

export class Outbox {
  constructor(person, told) {
    this.beginning = `${OUTBOX}${person}.`;
    this.told = told;
    this.sending = null;
    this.timer = null;
    addEventListener("online", () => this.send());
  }

  // A key for each letter, so that no window overwrites what another one keeps.
  key({ entry, body }) {
    return `${this.beginning}${entry.id}.${body.deeds}.${body.sample ?? ""}`;
  }

  letters() {
    const letters = store.keys(this.beginning).map((key) => store.get(key));
    return letters.filter((letter) => letter?.entry && letter.body).sort((a, b) => a.at - b.at);
  }

  put(letter) {
    store.put(this.key(letter), { ...letter, at: Date.now() });
  }

  // One sender at a time; whoever asks while it runs waits for the same end.
  send() {
    this.sending ??= this.deliver().finally(() => (this.sending = null));
    return this.sending;
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), delay);
  }

  async deliver() {
    // No letter holds up those behind it.
    const aside = new Set();
    for (;;) {
      const letter = this.letters().find((one) => !aside.has(this.key(one)));
      if (!letter) break;
      const key = this.key(letter);
      try {
        await call("POST", `/api/entries/${letter.entry.id}/submit`, letter.body);
        store.remove(key);
        this.told.sent(letter);
      } catch (error) {
        if (error instanceof Offline || error.status === 401 || error.status === 429 || error.code === "forged") {
          this.told.failed(error);
          return this.later(AGAIN);
        }
        if (error.code === "leased" || error.status >= 500) {
          aside.add(key);
          if (error.status >= 500) this.told.failed(error);
          continue;
        }
        store.remove(key);
        this.told.refused(letter, error);
      }
    }
    if (aside.size) this.later(HELD);
  }
}
