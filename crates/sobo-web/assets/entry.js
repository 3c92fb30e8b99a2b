// The entry screen: the original at the left, the fields at the right, the next entry already waiting.
import { actionsOf } from "/assets/actions.js";
import { call, element, farewell, Offline, Refused, t } from "/assets/api.js";
import { Drafts, load } from "/assets/draft.js";
import { Outbox } from "/assets/outbox.js";
import { store } from "/assets/store.js";
import { composing, Sheet, stripUrl } from "/assets/sheet.js";
import { Viewer } from "/assets/viewer.js";
import { Windows } from "/assets/windows.js";

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
    if (current?.mode === "turn" && leaving !== current) drafts.save(current, sheet.draft());
  },
  tell,
  check,
  finished: () => {
    sheet.leave();
    paint();
    (current?.mode === "turn" ? $("submit") : $("osd")).focus();
  },
});
const drafts = new Drafts((online) => connection(online), (error) => failed(error));
const windows = new Windows(settings.person, async (entries) => {
  await looking;
  if (ahead && entries.includes(ahead.id)) ahead = null;
  if (current?.mode === "turn" && entries.includes(current.id)) forward();
  else if (current?.mode === "turn" && !ahead) lookAhead();
});
let current = null;
let ahead = null; // The next entry, leased and loaded.
let leaving = null; // The entry that is done and on its way, until the next one stands in its place.
let done = 0;

window.sobo = { get current() { return current; }, get ahead() { return ahead; }, sheet, viewer, store };

// Says something for so many milliseconds; 0: until something else is said.
function tell(text, ms = 6000) {
  $("say").textContent = text;
  clearTimeout(tell.timer);
  if (ms) tell.timer = setTimeout(() => ($("say").textContent = ""), ms);
}

function connection(is) {
  if (!is) return banner(t("entry.offline"));
  // It may also have said that the session had ended.
  if (!$("banner").hidden) tell(t("entry.online"));
  banner(null);
}

// What stands above the fields as long as it lasts. Said again, it is left alone: a link in it may have the cursor.
function banner(text, link = null) {
  if (banner.text === text) return;
  banner.text = text;
  $("banner").hidden = text === null;
  $("banner").textContent = text ?? "";
  if (link) $("banner").append(" ", link);
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
  $("submit").disabled = current.mode !== "turn" || left > 0 || leaving === current;
}

function head() {
  $("place").textContent = `${current.volume.name} · ${t("entry.page")} ${current.page.number}`;
  $("where").textContent = `${current.volume.years} · ${current.volume.office}`;
  $("where").title = $("where").textContent;
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
  // It may have been looked ahead to while it was asked for: nothing comes after itself.
  if (ahead?.id === entry.id) ahead = null;
  leaving = null;
  $("fields").inert = false;
  $("bench").hidden = false;
  $("empty").hidden = true;
  $("osd").parentElement.append($("say"));
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
  tellWindows();
  if (entry.mode === "turn" && !ahead) lookAhead();
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
// Entries put off in this sitting: they come again when nothing else is left.
const putOff = new Set();

// A busy server is waited for: hanging up would have it begin anew each time, and never come to an end.
const BUSY = 60000;

async function nextAfter(from) {
  const wanted = { ...settings.wish, after: from?.place ?? -1 };
  const next = await call("POST", "/api/work/next", { ...wanted, except: [...notAgain(), ...putOff] }, BUSY);
  if (next || !putOff.size) return next;
  putOff.clear();
  return call("POST", "/api/work/next", { ...wanted, except: notAgain() }, BUSY);
}

function lookAhead() {
  looking = look(current);
}

async function look(from) {
  try {
    const next = await nextAfter(from);
    if (!next) return;
    if (current !== from || notAgain().includes(next.id)) {
      if (next.id !== current?.id) farewell("/api/release", held([next]));
      return;
    }
    // Two windows looked at the same moment: asked again a little later.
    if (windows.elsewhere().includes(next.id)) throw new Error("at work in another window");
    ahead = next;
    tellWindows();
    if (ahead.page.id !== current.page.id) viewer.prepare(ahead.page);
    for (const field of ahead.fields) {
      if (field.bbox) new Image().src = stripUrl(ahead, field.bbox);
    }
  } catch {
    ahead = null;
    // The network or the server was slow: asked again, as long as this entry is at work.
    setTimeout(() => current === from && !ahead && lookAhead(), 3000 + 2000 * Math.random());
  }
}

// Whatever keeps the next entry away, it is asked for until it is there: this screen has nothing else to offer.
const RETRY = 3000;
let waiting = null;
let going = Promise.resolve();

// One step at a time, and from the entry it was asked for: a button pressed twice leaves no entry out.
function forward() {
  const from = current;
  going = going.then(() => (current === from ? advance() : undefined)).catch((error) => failed(error));
  return going;
}

async function advance() {
  clearTimeout(waiting);
  await looking;
  const next = ahead;
  ahead = null;
  if (next && next.id !== current?.id) return show(next);
  const from = current;
  try {
    const asked = await nextAfter(from);
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
  leaving = null;
  tellWindows();
  $("bench").hidden = true;
  $("empty").hidden = false;
  $("empty-done").textContent = t("entry.done_count", { done });
  // What was done last can still be undone.
  $("empty").append($("say"));
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
    const text = error.code === "another" ? error.message : t("entry.signed_out");
    return banner(text, element("a", { href: "/sign-in", target: "_blank" }, t("sign_in.button")));
  }
  tell(error.message);
}

// Submissions on their way; the next entry is shown at once.
const outbox = new Outbox(settings.person, {
  sent: (letter) => {
    connection(true);
    drafts.forget(letter.entry);
  },
  // The person is told, for as long as it takes to be read. Where the entry has moved on, the draft is dropped; refused for
  // any other reason, it is there again when the entry is opened.
  refused: (letter, error) => {
    lasting(`${letter.entry.place}: ${error.message}`);
    if (error.code === "moved") drafts.forget(letter.entry);
  },
  failed: (error) => failed(error),
});

// Entries not to be offered again: the one at work, those whose submission is still on its way, those of other windows.
function notAgain() {
  const underWay = outbox.letters().map((letter) => letter.entry.id);
  return [current?.id, ...underWay, ...windows.elsewhere()].filter((id) => id !== undefined);
}

function tellWindows() {
  const { entries, samples } = held([current, ahead]);
  windows.say([...entries, ...samples]);
}

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
  // Nothing more can be said of it, and what would be typed here now would be said of nothing.
  $("fields").inert = true;
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
  const mine = held([current === leaving ? null : current, ahead]);
  if (!mine.entries.length && !mine.samples.length) return;
  const entry = current;
  tellWindows();
  try {
    const { lost } = await call("POST", "/api/renew", mine);
    connection(true);
    if (ahead && lost.includes(ahead.id)) ahead = null;
    if (entry && entry === current && lost.includes(entry.id) && !entry.lost) {
      entry.lost = true;
      lasting(t("entry.lease_lost"));
    }
  } catch (error) {
    failed(error);
  }
}
setInterval(() => Date.now() - active < AWAY && renew(), 45000);
// Back from another page with the screen as it was: its leases were given back on leaving.
addEventListener("pageshow", (event) => event.persisted && renew());
addEventListener("pagehide", () => {
  const mine = held([current, ahead]);
  if (mine.entries.length || mine.samples.length) farewell("/api/release", mine);
  drafts.send();
  windows.say([]);
});

// The entry looked ahead to may be gone: it is asked for anew.
async function dropAhead() {
  await looking;
  if (ahead) farewell("/api/release", held([ahead]));
  ahead = null;
}

const { actions, showHistory } = actionsOf({
  get current() { return current; },
  get last() { return last; },
  set last(field) { last = field; },
  sheet, viewer, drafts, tell, head, paint, failed, forward, show, lookAhead, dropAhead, held,
});

// The field the cursor was in last: actions that open a dialog take the cursor away.
let last = null;
$("fields").addEventListener("focusin", () => (last = sheet.here));

function openMenu() {
  if (!current || current.sample || leaving === current) return;
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
    $("fields").classList.toggle("inverted", viewer.filters.invert);
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
  if (event.key === "F8") return used(), leaving !== current && actions.redraw();
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
  sheet.sayTyped();
  return run();
}

$("submit").addEventListener("click", () => blurThen(submit));
$("later").addEventListener("click", () => {
  if (!current || leaving === current) return;
  putOff.add(current.id);
  drafts.send();
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

async function begin() {
  try {
    let entry = await call("GET", `/api/entries/${settings.entry}`);
    if (settings.resume && entry.can_take && entry.mode !== "turn") {
      // Where another person has it by now, it is shown all the same.
      const taken = await call("POST", `/api/entries/${entry.id}/take`, {}).catch((error) => {
        if (!(error instanceof Refused) || error.status === 401 || error.status >= 500) throw error;
        failed(error);
      });
      entry = taken ?? entry;
    }
    await show(entry);
    const field = settings.field && sheet.fields.find((one) => one.name === settings.field);
    if (field) field.input.focus();
  } catch (error) {
    failed(error);
    // No such entry: asking again would not help.
    if (!(error instanceof Refused) || error.status === 401 || error.status >= 500) setTimeout(begin, RETRY);
  }
}

// What an earlier sitting left here comes first.
await Promise.all([store.restored(), windows.ask()]);
outbox.send();
// A window opened beside another one, over the same entry, goes on with the next.
if (settings.entry && !(settings.resume && windows.elsewhere().includes(settings.entry))) begin();
else forward();
