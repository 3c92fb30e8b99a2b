// Submissions on their way to the server. What was said stays in this browser until the server has it, also through a lost
// connection, a reload or a crash, and sending it twice does no harm.
import { call, Offline } from "/assets/api.js";

const AGAIN = 2000;
const HELD = 20000; // Another person holds the entry: it may come free.

const same = (a, b) => a.entry.id === b.entry.id && a.body.deeds === b.body.deeds && a.body.sample === b.body.sample;

export class Outbox {
  constructor(person, told) {
    this.key = `sobo.outbox.${person}`;
    this.told = told;
    this.memory = null; // Where the browser keeps nothing for us.
    this.sending = null;
  }

  letters() {
    if (this.memory) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }

  keep(letters) {
    try {
      localStorage.setItem(this.key, JSON.stringify(letters));
      this.memory = null;
    } catch {
      this.memory = letters;
    }
  }

  put(letter) {
    this.keep([...this.letters().filter((one) => !same(one, letter)), letter]);
  }

  // One sender at a time; whoever asks while it runs waits for the same end.
  send() {
    this.sending ??= this.deliver().finally(() => (this.sending = null));
    return this.sending;
  }

  async deliver() {
    const held = [];
    for (;;) {
      const letter = this.letters().find((one) => !held.some((other) => same(one, other)));
      if (!letter) break;
      try {
        await call("POST", `/api/entries/${letter.entry.id}/submit`, letter.body);
        this.told.sent(letter);
      } catch (error) {
        if (error instanceof Offline || error.status === 401 || error.status >= 500 || error.status === 429) {
          this.told.failed(error);
          setTimeout(() => this.send(), AGAIN);
          return;
        }
        if (error.code === "leased") {
          held.push(letter);
          continue;
        }
        this.told.refused(letter, error);
      }
      this.keep(this.letters().filter((one) => !same(one, letter)));
    }
    if (held.length) setTimeout(() => this.send(), HELD);
  }
}
