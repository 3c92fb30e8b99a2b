// What was typed and not yet submitted: kept in the browser at every keystroke, on the server a second later.
import { call, Offline } from "/assets/api.js";
import { DRAFTS, store } from "/assets/store.js";

const key = (entry) => `${DRAFTS}${entry.person}.${entry.id}.${entry.step}.${entry.deeds}`;

export function load(entry) {
  const local = store.get(key(entry));
  const server = entry.draft && entry.draft.deeds === entry.deeds && entry.draft.step === entry.step ? entry.draft : null;
  if (local && (!server || local.at >= server.at)) return local;
  return server;
}

export class Drafts {
  // `onstate`: told whether the server is there. `onfail`: told why it refuses for now.
  constructor(onstate, onfail) {
    this.onstate = onstate;
    this.onfail = onfail;
    this.timer = null;
    this.waiting = null;
  }

  save(entry, body) {
    const draft = { ...body, deeds: entry.deeds, step: entry.step, at: Date.now() };
    store.put(key(entry), draft);
    this.waiting = { entry, draft };
    this.later(900);
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), delay);
  }

  async send() {
    if (!this.waiting) return;
    const { entry, draft } = this.waiting;
    try {
      await call("PUT", `/api/entries/${entry.id}/draft`, draft);
      if (this.waiting?.draft === draft) this.waiting = null;
      this.onstate(true);
    } catch (error) {
      if (error instanceof Offline) {
        this.onstate(false);
        this.later(3000);
      } else if (error.status === 401 || error.status === 429 || error.status >= 500 || error.code === "forged") {
        this.onfail(error);
        this.later(5000);
      } else if (this.waiting?.draft === draft) {
        // The server will not have it: the browser's copy is all there is.
        this.waiting = null;
      }
    }
  }

  // The entry is being submitted: what it says is on its way, a late draft would come after it.
  settle() {
    clearTimeout(this.timer);
    this.waiting = null;
  }

  // What another entry still has to send is left to go.
  forget(entry) {
    if (this.waiting?.entry.id === entry.id) this.settle();
    store.remove(key(entry));
  }
}
