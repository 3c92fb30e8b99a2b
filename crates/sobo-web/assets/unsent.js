// Entries finished without a connection whose browser was closed before they left: any page sends them.
import { call } from "/assets/api.js";
import { Outbox } from "/assets/outbox.js";
import { OUTBOX, store } from "/assets/store.js";

const note = document.getElementById("unsent");
if (await store.there()) await store.restored();
if (store.keys(OUTBOX).length) {
  const { person } = await call("GET", "/api/session");
  const line = document.createElement("p");
  const told = () => {
    const left = outbox.letters().length;
    line.textContent = note.dataset[left ? "waiting" : "sent"].replace("{left}", left);
  };
  const outbox = new Outbox(person, {
    sent: told,
    failed: told,
    refused(letter, error) {
      const refusal = document.createElement("p");
      refusal.textContent = `${letter.entry.place}: ${error.message}`;
      note.append(refusal);
      told();
    },
  });
  if (outbox.letters().length) {
    note.append(line);
    note.hidden = false;
    told();
    outbox.send();
  }
}
