// The entry screen: the original at the left, the fields at the right, the next entry already waiting.
import { call, farewell, Offline, Refused, t } from "/assets/api.js";
import { Drafts, load } from "/assets/draft.js";
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
const started = performance.now();

window.sobo = { get current() { return current; }, get ahead() { return ahead; }, sheet, viewer };

function tell(text) {
  $("say").textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => ($("say").textContent = ""), 6000);
}

function connection(is) {
  if (online === is) return;
  online = is;
  $("banner").hidden = is;
  $("banner").textContent = is ? "" : t("entry.offline");
  if (is) tell(t("entry.online"));
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

function element(tag, attributes, text) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
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
  }
}

async function forward() {
  await looking;
  const next = ahead;
  ahead = null;
  if (next) return show(next);
  try {
    const asked = await call("POST", "/api/work/next", { ...settings.wish, after: current?.place ?? -1, except: notAgain() });
    if (asked) return show(asked);
    finishedQueue();
  } catch (error) {
    failed(error, forward);
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

function failed(error, again) {
  if (error instanceof Offline) {
    connection(false);
    tell(t("entry.offline"));
    if (again) setTimeout(again, 3000);
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

// Submissions on their way. The next entry is shown at once; what was said stays in this browser until the server has
// it, also through a lost connection, a reload or a crash, and sending it twice does no harm.
const OUTBOX = `sobo.outbox.${settings.person}`;
let sending = null;

function outbox() {
  try {
    return JSON.parse(localStorage.getItem(OUTBOX)) ?? [];
  } catch {
    return [];
  }
}

function keepOutbox(letters) {
  localStorage.setItem(OUTBOX, JSON.stringify(letters));
}

// One sender at a time; whoever asks while it runs waits for the same end.
function sendOutbox() {
  sending ??= deliver().finally(() => (sending = null));
  return sending;
}

async function deliver() {
  for (let letters = outbox(); letters.length; letters = outbox()) {
    const letter = letters[0];
    try {
      await call("POST", `/api/entries/${letter.entry.id}/submit`, letter.body);
      connection(true);
    } catch (error) {
      if (error instanceof Offline || error.status === 401 || error.status >= 500) {
        failed(error);
        setTimeout(sendOutbox, 2000);
        return;
      }
      // Refused for good: the entry has moved on. The person is told where, and the draft is dropped.
      tell(`${letter.entry.place}: ${error.message}`);
    }
    drafts.forget(letter.entry);
    keepOutbox(outbox().slice(1));
  }
}

// Entries not to be offered again: the one at work and those whose submission is still on its way.
function notAgain() {
  return [current?.id, ...outbox().map((letter) => letter.entry.id)].filter((id) => id !== undefined);
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
  keepOutbox([
    ...outbox(),
    { entry: { id, person, step, deeds, place: `${volume.name} ${page.number}` }, body: { step, deeds, sample, statements: sheet.statements() } },
  ]);
  done += 1;
  $("done").textContent = t("entry.done_count", { done });
  const sent = sendOutbox();
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

// Leases are renewed while the screen is open and given back when it is left.
setInterval(async () => {
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
}, 45000);
addEventListener("pagehide", () => {
  const mine = held([current, ahead]);
  if (mine.entries.length || mine.samples.length) farewell("/api/release", mine);
  drafts.send();
});

// ---- Actions on the entry and its page ----

function ask(title, { reason = true, danger = false, choices = null } = {}) {
  const dialog = $("ask");
  $("ask-title").textContent = title;
  $("ask-reason").value = "";
  $("ask-reason-field").hidden = !reason;
  $("ask-reason").required = reason;
  $("ask-choice-field").hidden = !choices;
  $("ask-choice").replaceChildren(...(choices ?? []).map((choice) => element("option", { value: choice.id }, choice.name)));
  $("ask-ok").className = danger ? "danger" : "primary";
  dialog.returnValue = "";
  dialog.showModal();
  if (reason) $("ask-reason").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? $("ask-reason").value.trim() || "-" : null), { once: true });
  });
}

async function reload() {
  const id = current.id;
  try {
    current = null;
    await show(await call("GET", `/api/entries/${id}`));
  } catch (error) {
    failed(error);
  }
}

const actions = {
  async return() {
    const reason = await ask(t("action.return"));
    if (reason) await act("return", { reason });
  },
  async remove() {
    const reason = await ask(t("action.withdraw"), { danger: true });
    if (reason) await work("remove", { entry: current.id, reason });
  },
  restore: () => act("restore", {}),
  async reopen() {
    const reason = await ask(t("action.reopen"));
    if (reason) await act("reopen", { reason });
  },
  async note(kind) {
    const reason = await ask(t(`note.${kind}`));
    if (!reason) return;
    try {
      const { notes } = await call("POST", `/api/pages/${current.page.id}/notes`, { kind, reason, entry: current.id });
      current.notes = notes;
      head();
      tell(t("action.noted"));
    } catch (error) {
      failed(error);
    }
  },
  async unnote() {
    try {
      for (const note of current.notes.filter((one) => one.mine)) await call("DELETE", `/api/notes/${note.id}`);
      current.notes = current.notes.filter((one) => !one.mine);
      head();
      tell(t("action.unnoted"));
    } catch (error) {
      failed(error);
    }
  },
  async redraw() {
    const field = last ?? sheet.fields.find((one) => one.editable);
    if (field?.editable) await redrawField(field, t("action.draw_box", { field: field.caption }));
  },
  async add() {
    const bbox = await draw(t("action.draw_entry"));
    if (bbox) await work("add", { bbox });
  },
  async split() {
    const bbox = await draw(t("action.draw_split"));
    if (bbox) await work("split", { entry: current.id, bbox });
  },
  merge: () => work("merge", { entry: current.id }),
  async blank() {
    const reason = await ask(t("action.blank"), { danger: true });
    if (reason) await work("blank", { reason });
  },
  async form() {
    const choices = await chooseFrom("forms");
    const reason = choices && (await ask(t("action.form"), { choices }));
    if (reason) await work("form", { form: $("ask-choice").value, reason });
  },
  async volume() {
    const choices = await chooseFrom("volumes");
    const reason = choices && (await ask(t("action.volume"), { choices }));
    if (reason) await work("volume", { volume: Number($("ask-choice").value), reason });
  },
  // A note in the margin belongs to the entry: its box is drawn, it is read at once and checked like any field.
  async marginal() {
    const field = sheet.fields.find((one) => one.name === "notes" && one.editable);
    if (!field) return tell(t("action.no_margin_field"));
    last = field;
    await redrawField(field, t("action.draw_margin"));
  },
};

async function chooseFrom(kind) {
  try {
    return (await call("GET", `/api/pages/${current.page.id}/choices`))[kind];
  } catch (error) {
    failed(error);
    return null;
  }
}

async function draw(text) {
  tell(text);
  viewer.whole();
  const box = await viewer.rubberBand();
  tell("");
  return box;
}

async function redrawField(field, text) {
  const box = await draw(text);
  if (!box) return field.input.focus();
  sheet.remember(field);
  field.drawn = box;
  sheet.strip(field);
  paint();
  field.input.focus();
  viewer.goto(box);
  if (field.hidden) return sheet.callbacks.changed();
  try {
    const reading = await call("POST", `/api/entries/${current.id}/reread`, { field: field.name, bbox: box });
    if (reading) {
      field.text = reading.text;
      field.lacuna = reading.lacuna ?? null;
      field.candidates = (reading.candidates ?? []).filter((text) => text && text !== reading.text).slice(0, 5);
      field.input.value = field.text;
      sheet.offer(field);
      sheet.refresh(field);
      field.input.select();
      tell(t("action.read_again"));
    }
  } catch (error) {
    failed(error);
  }
  sheet.callbacks.changed();
}

// Changes how the page is divided; what came of it is opened, and can be undone at once or from the history.
async function work(kind, body) {
  const { id, page, mode } = current;
  drafts.send();
  tell(t("action.working"));
  try {
    const done = await call("POST", `/api/pages/${page.id}/work`, { kind, ...body });
    await dropAhead();
    if (kind === "add") {
      current.entries = done.entries;
      head();
      paint();
      if (mode === "turn") lookAhead();
    } else {
      await open(done.made[0] ?? (kind === "volume" ? id : null), mode);
    }
    offerUndo(t(`action.${kind}_done`), done.work);
  } catch (error) {
    failed(error);
  }
}

// The entry looked ahead to may be gone: it is asked for anew.
async function dropAhead() {
  await looking;
  if (ahead) farewell("/api/release", held([ahead]));
  ahead = null;
}

// Takes an entry up if that is this person's to do, else shows it; without one, what is next in the queue.
async function open(id, mode) {
  current = null;
  if (id === null || id === undefined) return forward();
  let entry = await call("GET", `/api/entries/${id}`);
  if (mode === "turn" && entry.can_take) entry = await call("POST", `/api/entries/${id}/take`, {});
  await show(entry);
}

function offerUndo(text, id) {
  tell(text);
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => ($("say").textContent = ""), 30000);
  const button = element("button", { type: "button", id: "undo-work" }, t("action.undo"));
  button.addEventListener("click", () => undoWork(id));
  $("say").append(" ", button);
}

async function undoWork(id) {
  const mode = current?.mode ?? "turn";
  try {
    const undone = await call("POST", `/api/page-work/${id}/undo`, {});
    await dropAhead();
    if (undone.made.length || !current || !undone.entries.some((entry) => entry.id === current.id && entry.stage !== "withdrawn")) {
      if (current) farewell("/api/release", held([current]));
      $("bench").hidden = false;
      $("empty").hidden = true;
      await open(undone.made[0], mode);
    } else {
      current.entries = undone.entries;
      head();
      paint();
      if (mode === "turn") lookAhead();
    }
    tell(t("action.undone"));
  } catch (error) {
    failed(error);
  }
}

async function act(kind, body) {
  try {
    await call("POST", `/api/entries/${current.id}/do/${kind}`, { ...body, deeds: current.deeds });
    tell(t(`action.${kind}_done`));
    if (kind === "return") return forward();
    await reload();
  } catch (error) {
    failed(error);
  }
}

async function showHistory() {
  try {
    const { rows, works } = await call("GET", `/api/entries/${current.id}/history`);
    const body = $("history-rows");
    body.replaceChildren(
      ...rows.map((row) => {
        const line = document.createElement("tr");
        for (const cell of [row.at, row.who, row.what, row.detail]) line.append(element("td", {}, cell));
        return line;
      }),
    );
    $("history-works").hidden = !works.length;
    $("history-work-rows").replaceChildren(
      ...works.map((work) => {
        const line = document.createElement("tr");
        for (const cell of [work.at, work.who, work.what, work.undone ?? work.detail]) line.append(element("td", {}, cell));
        const last = document.createElement("td");
        if (work.can_undo) {
          const button = element("button", { type: "button" }, t("action.undo"));
          button.addEventListener("click", () => {
            $("history").close();
            undoWork(work.id);
          });
          last.append(button);
        }
        line.append(last);
        return line;
      }),
    );
    $("history").showModal();
  } catch (error) {
    failed(error);
  }
}

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

sendOutbox();

async function begin() {
  let entry = await call("GET", `/api/entries/${settings.entry}`);
  if (settings.resume && entry.can_take && entry.mode !== "turn") entry = await call("POST", `/api/entries/${entry.id}/take`, {});
  await show(entry);
  const field = settings.field && sheet.fields.find((one) => one.name === settings.field);
  if (field) field.input.focus();
}

if (settings.entry) begin().catch((error) => failed(error));
else forward();
