// The entry screen: the original at the left, the fields at the right, the next entry already waiting.
import { actionsOf } from "/assets/actions.js";
import { call, element, farewell, Offline, Refused, t } from "/assets/api.js";
import { Drafts, load } from "/assets/draft.js";
import { Outbox } from "/assets/outbox.js";
import { composing, Sheet, stripUrl } from "/assets/sheet.js";
import { Viewer } from "/assets/viewer.js";

const $ = (id) => document.getElementById(id);
const settings = JSON.parse($("settings").textContent);
const viewer = new Viewer($("osd"), $("boxes"), $("beside"));
const sheet = new Sheet($("fields"), {
  moved: (field) => {
    const box = sheet.boxOf(field);
    paint();
    if (box && !viewer.wholePage) viewer.goto(box);
  },
  changed: () => {
    foot();
    if (current?.mode === "turn") drafts.save(current, { said: sheet.statements(), typing: sheet.typing() });
  },
  tell,
  check,
  finished: () => {
    sheet.leave();
    paint();
    (current?.mode === "turn" ? $("submit") : $("osd")).focus();
  },
});
const drafts = new Drafts((online) => connection(online));
let current = null;
let ahead = null; // The next entry, leased and loaded.
let online = true;
let done = 0;

window.sobo = { get current() { return current; }, get ahead() { return ahead; }, sheet, viewer };

// Says something for so many milliseconds; 0: until something else is said.
function tell(text, ms = 6000) {
  $("say").textContent = text;
  clearTimeout(tell.timer);
  if (ms) tell.timer = setTimeout(() => ($("say").textContent = ""), ms);
}

function connection(is) {
  if (online === is) return;
  online = is;
  $("banner").hidden = is;
  $("banner").textContent = is ? "" : t("entry.offline");
  if (is) tell(t("entry.online"));
}

// What must not be missed stays until it was read.
function lasting(text) {
  const close = element("button", { type: "button" }, t("entry.read"));
  const line = element("p", {}, `${text} `);
  close.addEventListener("click", () => {
    line.remove();
    $("lasting").hidden = !$("lasting").childElementCount;
    last?.input.isConnected && last.input.focus();
  });
  line.append(close);
  $("lasting").append(line);
  $("lasting").hidden = false;
}

function paint() {
  if (!current) return;
  const boxes = current.entries
    .filter((entry) => entry.bbox)
    .map((entry) => ({ kind: "entry", id: `entry-${entry.id}`, entry: entry.id, bbox: entry.bbox, here: entry.id === current.id }));
  for (const field of sheet.fields) {
    const bbox = sheet.boxOf(field);
    if (bbox) boxes.push({ kind: "field", id: field.name, bbox, attention: sheet.needs(field) });
  }
  viewer.draw(boxes, sheet.here?.name ?? null);
}

function foot() {
  const left = sheet.remaining().length;
  $("left").textContent = current.mode !== "turn" ? "" : left ? t("entry.left", { left }) : t("entry.nothing_left");
  $("submit").disabled = current.mode !== "turn" || left > 0;
}

function head() {
  $("place").textContent = `${current.volume.name} · ${t("entry.page")} ${current.page.number}`;
  $("where").textContent = `${current.volume.office} · ${current.volume.years}`;
  $("chain").replaceChildren(
    ...current.chain.map((step) => {
      const item = element("li", step.done ? { class: "done" } : {}, t(`step.${step.kind}`));
      if (step.due) item.setAttribute("aria-current", "step");
      return item;
    }),
  );
  $("neighbours").replaceChildren(
    ...current.entries.filter((entry) => entry.stage !== "withdrawn" || entry.id === current.id).map((entry) => {
      const here = entry.id === current.id;
      const item = element(here ? "span" : "a", { class: `${entry.stage} ${here ? "here" : ""}`, title: t(`stage.${entry.stage}`) }, entry.label);
      if (!here) item.href = `/entries/${entry.id}`;
      return item;
    }),
  );
  $("turn-buttons").hidden = current.mode !== "turn";
  $("take").hidden = !current.can_take;
  // Whoever keys a sample types and nothing else: operations would show what was entered.
  $("return").hidden = !(current.mode === "turn" && current.step !== "entry") || Boolean(current.sample);
  $("open-menu").hidden = Boolean(current.sample);
  $("chain").hidden = Boolean(current.sample);
  $("restore").hidden = !current.can_restore;
  $("earlier").hidden = !current.earlier;
  if (current.earlier) $("earlier-open").href = `/pages/${current.earlier}`;
  $("tool-restored").hidden = !current.page.restored;
  $("reopen").hidden = !current.can_reopen;
  $("view-note").hidden = current.mode === "turn";
  $("view-note").textContent = current.mode === "turn" ? "" : current.why ?? t(`stage.${current.stage}`);
  const note = current.notes.map((one) => `${t(`note.${one.kind}`)}: ${one.reason}`).join(" · ");
  $("page-notes").hidden = !note;
  $("page-notes").textContent = note;
  document.title = `${current.volume.name} ${current.page.number} · sobo`;
}

async function show(entry) {
  current = entry;
  const queue = entry.mode === "turn" ? `?queue=${encodeURIComponent(settings.queue)}` : "";
  history.replaceState(null, "", `/entries/${entry.id}${queue}`);
  head();
  sheet.show(entry, entry.mode === "turn" ? load(entry) : null);
  foot();
  const samePage = viewer.page?.id === entry.page.id;
  const shown = viewer.show(entry.page);
  if (!samePage && !viewer.item()) await shown;
  if (entry.bbox && sheet.remaining().length === 0 && !viewer.wholePage) viewer.goto(entry.bbox);
  if (entry.mode === "turn") sheet.focusFirst();
  paint();
  document.body.dataset.ready = String(entry.id);
  if (entry.mode === "turn") lookAhead();
}

// What the fields say against one another, asked anew a moment after something was typed.
function check() {
  clearTimeout(check.timer);
  if (current?.mode !== "turn") return;
  const entry = current;
  check.timer = setTimeout(async () => {
    try {
      const found = await call("POST", `/api/entries/${entry.id}/checks`, { fields: sheet.texts() });
      if (found && current === entry) sheet.warn(found);
    } catch {
      // Warnings are a help: nobody waits for them.
    }
  }, 350);
}

// Leases the entry after this one and loads all it needs. One look at a time: two could be given the same entry.
let looking = Promise.resolve();

function lookAhead() {
  looking = look(current);
}

async function look(from) {
  try {
    const next = await call("POST", "/api/work/next", { ...settings.wish, after: from.place, except: notAgain() });
    if (!next) return;
    if (current !== from || notAgain().includes(next.id)) {
      if (next.id !== current?.id) farewell("/api/release", held([next]));
      return;
    }
    ahead = next;
    if (ahead.page.id !== current.page.id) viewer.prepare(ahead.page);
    for (const field of ahead.fields) {
      if (field.bbox) new Image().src = stripUrl(ahead, field.bbox);
    }
  } catch {
    ahead = null;
    // The network or the server was slow: asked again, as long as this entry is at work.
    setTimeout(() => current === from && !ahead && lookAhead(), 4000);
  }
}

// Whatever keeps the next entry away, it is asked for until it is there: this screen has nothing else to offer.
const RETRY = 3000;
let waiting = null;

async function forward() {
  clearTimeout(waiting);
  await looking;
  const next = ahead;
  ahead = null;
  if (next) return show(next);
  const from = current;
  try {
    const asked = await call("POST", "/api/work/next", { ...settings.wish, after: from?.place ?? -1, except: notAgain() });
    if (current !== from) return asked && farewell("/api/release", held([asked]));
    if (asked) return show(asked);
    finishedQueue();
  } catch (error) {
    failed(error);
    waiting = setTimeout(() => current === from && forward(), RETRY);
  }
}

function finishedQueue() {
  current = null;
  $("bench").hidden = true;
  $("empty").hidden = false;
  $("empty-done").textContent = t("entry.done_count", { done });
  $("empty-back").focus();
  document.body.dataset.ready = "empty";
}

function failed(error) {
  if (error instanceof Offline) {
    connection(false);
    tell(t("entry.offline"));
    return;
  }
  if (error instanceof Refused && error.status === 401) {
    $("banner").hidden = false;
    $("banner").textContent = t("entry.signed_out");
    $("banner").append(" ", Object.assign(document.createElement("a"), { href: "/sign-in", target: "_blank", textContent: t("sign_in.button") }));
    return;
  }
  tell(error.message);
}

// Submissions on their way; the next entry is shown at once.
const outbox = new Outbox(settings.person, {
  sent: (letter) => {
    connection(true);
    drafts.forget(letter.entry);
  },
  // The entry has moved on. The person is told where, for as long as it takes to be read, and the draft is dropped.
  refused: (letter, error) => {
    lasting(`${letter.entry.place}: ${error.message}`);
    drafts.forget(letter.entry);
  },
  failed: (error) => failed(error),
});

// Entries not to be offered again: the one at work and those whose submission is still on its way.
function notAgain() {
  return [current?.id, ...outbox.letters().map((letter) => letter.entry.id)].filter((id) => id !== undefined);
}

let leaving = null;

async function submit() {
  // Enter pressed twice submits once: the entry on the screen is already on its way.
  if (!current || current.mode !== "turn" || leaving === current) return;
  const left = sheet.remaining();
  if (left.length) {
    tell(t("entry.left", { left: left.length }));
    left[0].input.focus();
    return;
  }
  const { id, person, step, deeds, sample, volume, page } = current;
  leaving = current;
  $("submit").disabled = true;
  drafts.settle();
  outbox.put({ entry: { id, person, step, deeds, place: `${volume.name} ${page.number}` }, body: { step, deeds, sample, statements: sheet.statements() } });
  done += 1;
  $("done").textContent = t("entry.done_count", { done });
  const sent = outbox.send();
  // Without a next entry at hand the server must have this one before it can say what is next.
  if (!ahead) await sent;
  await forward();
}

// What is held, as the server speaks of it: entries of the chain and entries of samples.
function held(list) {
  const turns = list.filter((entry) => entry?.mode === "turn");
  const ids = (some) => some.map((entry) => entry.id);
  return { entries: ids(turns.filter((entry) => !entry.sample)), samples: ids(turns.filter((entry) => entry.sample)) };
}

// Leases are renewed while somebody works at the screen and given back when it is left. Who has gone away without a word
// holds the entry until the lease runs out.
const AWAY = 10 * 60 * 1000;
let active = Date.now();
for (const event of ["keydown", "pointerdown", "wheel"]) {
  addEventListener(event, () => {
    const back = Date.now() - active > AWAY;
    active = Date.now();
    if (back) renew();
  }, { capture: true, passive: true });
}

async function renew() {
  const mine = held([current, ahead]);
  if (!mine.entries.length && !mine.samples.length) return;
  try {
    const { lost } = await call("POST", "/api/renew", mine);
    connection(true);
    if (ahead && lost.includes(ahead.id)) ahead = null;
    if (current && lost.includes(current.id)) tell(t("entry.lease_lost"));
  } catch (error) {
    failed(error);
  }
}
setInterval(() => Date.now() - active < AWAY && renew(), 45000);
addEventListener("pagehide", () => {
  const mine = held([current, ahead]);
  if (mine.entries.length || mine.samples.length) farewell("/api/release", mine);
  drafts.send();
});

// The entry looked ahead to may be gone: it is asked for anew.
async function dropAhead() {
  await looking;
  if (ahead) farewell("/api/release", held([ahead]));
  ahead = null;
}

const { actions, showHistory } = actionsOf({
  get current() { return current; },
  set current(entry) { current = entry; },
  get last() { return last; },
  set last(field) { last = field; },
  sheet, viewer, drafts, tell, head, paint, failed, forward, show, lookAhead, dropAhead, held,
});

// The field the cursor was in last: actions that open a dialog take the cursor away.
let last = null;
$("fields").addEventListener("focusin", () => (last = sheet.here));

function openMenu() {
  if (!current || current.sample) return;
  $("menu").showModal();
}
$("menu").addEventListener("click", (event) => {
  const action = event.target.closest("button[data-action]")?.dataset;
  if (!action) return;
  $("menu").close();
  if (action.action === "note") actions.note(action.kind);
  else actions[action.action]();
});
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => last?.input.isConnected && last.editable && last.input.focus());
}

const toggles = {
  whole() {
    if (viewer.wholePage) {
      const box = sheet.here ? sheet.boxOf(sheet.here) : current?.bbox;
      viewer.wholePage = false;
      if (box) viewer.goto(box);
    } else viewer.whole();
    press("tool-whole", viewer.wholePage);
  },
  invert() {
    viewer.filter({ invert: !viewer.filters.invert });
    press("tool-invert", viewer.filters.invert);
  },
  contrast() {
    viewer.filter({ contrast: (viewer.filters.contrast + 1) % 3 });
    press("tool-contrast", viewer.filters.contrast > 0);
  },
  rotate: () => viewer.rotate(),
  restored() {
    press("tool-restored", viewer.restored() > 0);
  },
};
// Keys that look around with Alt held: the letters belong to the fields.
const looks = {
  ArrowLeft: () => viewer.pan(-0.2, 0),
  ArrowRight: () => viewer.pan(0.2, 0),
  ArrowUp: () => viewer.pan(0, -0.2),
  ArrowDown: () => viewer.pan(0, 0.2),
  Home: () => viewer.head(),
  End() {
    const box = sheet.here ? sheet.boxOf(sheet.here) : current?.bbox;
    if (box) viewer.goto(box);
  },
  "+": () => viewer.zoom(1.3),
  "=": () => viewer.zoom(1.3),
  "-": () => viewer.zoom(1 / 1.3),
  0() {
    viewer.zoom(0);
    const box = sheet.here ? sheet.boxOf(sheet.here) : current?.bbox;
    if (box) viewer.goto(box);
  },
};
function press(id, is) {
  $(id).setAttribute("aria-pressed", String(is));
}
for (const [name, run] of Object.entries(toggles)) {
  $(`tool-${name}`).addEventListener("click", () => {
    run();
    last?.input.isConnected && last.input.focus();
  });
}

addEventListener("keydown", (event) => {
  if (composing(event) || document.querySelector("dialog[open]")) return;
  const used = () => (event.preventDefault(), event.stopPropagation());
  if (event.key === "F1" || (event.key === "?" && !event.target.closest("input, textarea"))) return used(), $("help").showModal();
  if (event.key === "F2") return used(), toggles.whole();
  if (event.key === "F3") return used(), toggles.invert();
  if (event.key === "F4" && !event.altKey) return used(), toggles.contrast();
  if (event.key === "F6") return used(), toggles.rotate();
  if (event.key === "F7") return used(), toggles.restored();
  if (event.key === "F8") return used(), actions.redraw();
  if (event.key === "F9") return used(), openMenu();
  if (event.key === "F10") return used(), showHistory();
  if (event.altKey && !event.ctrlKey && looks[event.key]) return used(), looks[event.key]();
  if (!current) return;
  if (event.key === "Enter" && event.ctrlKey) return used(), blurThen(submit);
  const li = event.target.closest?.("#fields li");
  const field = li && sheet.fields.find((one) => one.element === li);
  if (field && sheet.key(event, field)) return used();
  if (event.target === $("submit")) {
    if (event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey)) return used(), (last ?? sheet.fields.at(-1)).input.focus();
    if (event.ctrlKey && event.key.toLowerCase() === "z") return used(), sheet.undo();
  }
});

// What was just typed is said before the entry is submitted.
function blurThen(run) {
  if (sheet.here?.touched) sheet.say(sheet.here);
  return run();
}

$("submit").addEventListener("click", () => blurThen(submit));
$("later").addEventListener("click", () => {
  farewell("/api/release", held([current]));
  forward();
});
$("take").addEventListener("click", async () => {
  try {
    await show(await call("POST", `/api/entries/${current.id}/take`, {}));
  } catch (error) {
    failed(error);
  }
});
for (const action of ["return", "restore", "reopen"]) $(action).addEventListener("click", () => actions[action]());
$("open-menu").addEventListener("click", openMenu);
$("open-help").addEventListener("click", () => $("help").showModal());
$("open-history").addEventListener("click", showHistory);
viewer.onpick = (box) => {
  if (box.kind === "field") sheet.fields.find((field) => field.name === box.id)?.input.focus();
  else if (box.entry !== current.id) location.href = `/entries/${box.entry}`;
};
viewer.onfail = () => tell(t("entry.no_image"));

outbox.send();

async function begin() {
  let entry = await call("GET", `/api/entries/${settings.entry}`);
  if (settings.resume && entry.can_take && entry.mode !== "turn") entry = await call("POST", `/api/entries/${entry.id}/take`, {});
  await show(entry);
  const field = settings.field && sheet.fields.find((one) => one.name === settings.field);
  if (field) field.input.focus();
}

if (settings.entry) begin().catch((error) => failed(error));
else forward();
