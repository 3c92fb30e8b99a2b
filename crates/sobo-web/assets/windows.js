// Two windows of one person at one browser: each tells the others what it has at work, so that no entry is at work in two.
// Where an answer came too late for that, the window opened first keeps the entry and the other one goes on.
const STALE = 120000; // A window that crashed says nothing any more.
const ANSWERS = 60; // How long the others have to say what they hold.

export class Windows {
  // `leave`: told which entries are another window's.
  constructor(person, leave) {
    this.me = `${Date.now()}.${Math.random()}`;
    this.held = [];
    this.others = new Map();
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(`sobo.${person}`) : null;
    this.channel?.addEventListener("message", ({ data }) => {
      if (!data.held) return this.say(this.held);
      this.others.set(data.from, { held: data.held, at: Date.now() });
      const both = this.held.filter((id) => data.held.includes(id));
      if (!both.length) return;
      if (data.from < this.me) leave(both);
      else this.say(this.held);
    });
  }

  // Asks the other windows.
  async ask() {
    if (!this.channel) return;
    this.channel.postMessage({ from: this.me });
    await new Promise((go) => setTimeout(go, ANSWERS));
  }

  // What this window has at work, told again from time to time.
  say(held) {
    this.held = held;
    this.channel?.postMessage({ from: this.me, held });
  }

  // What the others have at work.
  elsewhere() {
    const now = Date.now();
    return [...this.others.values()].filter(({ at }) => now - at < STALE).flatMap(({ held }) => held);
  }
}
