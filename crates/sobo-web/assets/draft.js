// What was typed and not yet submitted: kept in the browser at every keystroke, on the server a second later.
import { call, Offline } from "/assets/api.js";

const key = (entry) => `sobo.draft.${entry.person}.${entry.id}.${entry.step}.${entry.deeds}`;

export function load(entry) {
  let local = null;
  try {
    local = JSON.parse(localStorage.getItem(key(entry)));
  } catch {
    // Damaged by something else: the server's copy serves.
  }
  const server = entry.draft && entry.draft.deeds === entry.deeds && entry.draft.step === entry.step ? entry.draft : null;
  if (local && (!server || local.at >= server.at)) return local;
  return server;
}

export class Drafts {
  constructor(onstate) {
    this.onstate = onstate;
    this.timer = null;
    this.waiting = null;
  }

  save(entry, body) {
    const draft = { ...body, deeds: entry.deeds, step: entry.step, at: Date.now() };
    try {
      localStorage.setItem(key(entry), JSON.stringify(draft));
    } catch {
      // Full or forbidden: the server's copy is all there is.
    }
    this.waiting = { entry, draft };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), 900);
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
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.send(), 3000);
      }
    }
  }

  // The entry is being submitted: what it says is on its way, a late draft would come after it.
  settle() {
    clearTimeout(this.timer);
    this.waiting = null;
  }

  forget(entry) {
    clearTimeout(this.timer);
    if (this.waiting?.entry.id === entry.id) this.waiting = null;
    localStorage.removeItem(key(entry));
  }
}
