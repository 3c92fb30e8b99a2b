// What a person does to the entry and its page beyond its values, each with its undo and its history.
import { call, element, farewell, t } from "/assets/api.js";

const $ = (id) => document.getElementById(id);
// Reading a part of a page, or all of it, takes as long as it takes.
const READING = 180000;

/** `s`: the screen, with the entry on it and what its parts can do. */
export function actionsOf(s) {
  let working = false; // A page is being divided anew.

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
    const id = s.current.id;
    try {
      await s.show(await call("GET", `/api/entries/${id}`));
    } catch (error) {
      s.failed(error);
    }
  }

  const actions = {
    async return() {
      const reason = await ask(t("action.return"));
      if (reason) await act("return", { reason });
    },
    async remove() {
      const reason = await ask(t("action.withdraw"), { danger: true });
      if (reason) await work("remove", { entry: s.current.id, reason });
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
        const { note, notes } = await call("POST", `/api/pages/${s.current.page.id}/notes`, { kind, reason, entry: s.current.id });
        s.current.notes = notes;
        s.head();
        offerUndo(t("action.noted"), () => takeBack([note]));
      } catch (error) {
        s.failed(error);
      }
    },
    unnote: () => takeBack(s.current.notes.filter((note) => note.mine).map((note) => note.id)),
    async redraw() {
      const field = s.last ?? s.sheet.fields.find((one) => one.editable);
      if (field?.editable) await redrawField(field, t("action.draw_box", { field: field.caption }));
    },
    async add() {
      const bbox = await draw(t("action.draw_entry"), s.current.bbox);
      if (bbox) await work("add", { bbox });
    },
    async split() {
      const bbox = await draw(t("action.draw_split"), lowerHalf(s.current.bbox));
      if (bbox) await work("split", { entry: s.current.id, bbox });
    },
    merge: () => work("merge", { entry: s.current.id }),
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
      const field = s.sheet.fields.find((one) => one.name === "notes" && one.editable);
      if (!field) return s.tell(t("action.no_margin_field"));
      s.last = field;
      await redrawField(field, t("action.draw_margin"));
    },
  };

  // Takes notes of the page back.
  async function takeBack(notes) {
    try {
      for (const note of notes) await call("DELETE", `/api/notes/${note}`);
      if (s.current) {
        s.current.notes = s.current.notes.filter((one) => !notes.includes(one.id));
        s.head();
      }
      s.tell(t("action.unnoted"));
    } catch (error) {
      s.failed(error);
    }
  }

  async function chooseFrom(kind) {
    try {
      return (await call("GET", `/api/pages/${s.current.page.id}/choices`))[kind];
    } catch (error) {
      s.failed(error);
      return null;
    }
  }

  async function draw(text, from = null) {
    s.tell(`${text} ${t("action.draw_how")}`, 0);
    s.viewer.whole();
    const box = await s.viewer.rubberBand(from);
    s.tell("");
    return box;
  }

  // Where the keys begin when an entry is split: its lower half.
  const lowerHalf = (bbox) => bbox && [bbox[0], bbox[1] + bbox[3] / 2, bbox[2], bbox[3] / 2];

  async function redrawField(field, text) {
    const entry = s.current;
    const box = await draw(text, s.sheet.boxOf(field));
    if (!box) {
      if (s.sheet.boxOf(field)) s.viewer.goto(s.sheet.boxOf(field));
      return field.input.focus();
    }
    s.sheet.remember(field);
    field.drawn = box;
    s.sheet.strip(field);
    s.paint();
    field.input.focus();
    s.viewer.goto(box);
    s.sheet.callbacks.changed();
    if (field.hidden) return;
    const before = [field.text, field.lacuna, field.said];
    try {
      const reading = await call("POST", `/api/entries/${entry.id}/reread`, { field: field.name, bbox: box }, READING);
      if (s.current !== entry) return;
      if (reading) {
        field.candidates = [reading.text, ...(reading.candidates ?? [])].filter((text) => text).slice(0, 5);
        const after = [field.text, field.lacuna, field.said];
        if (after.some((value, at) => value !== before[at])) {
          // The person was faster: the reading is offered beside what was typed.
          field.candidates = field.candidates.filter((text) => text !== field.text);
          return s.sheet.offer(field);
        }
        field.text = reading.text;
        field.lacuna = reading.lacuna ?? null;
        field.candidates = field.candidates.filter((text) => text !== reading.text);
        field.input.value = field.text;
        s.sheet.offer(field);
        s.sheet.refresh(field);
        field.input.select();
        s.tell(t("action.read_again"));
      }
    } catch (error) {
      s.failed(error);
    }
    s.sheet.callbacks.changed();
  }

  // Changes how the page is divided; what came of it is opened, and can be undone at once or from the history.
  async function work(kind, body) {
    // Asked for twice while it is being read, it would be done twice.
    if (working) return s.tell(t("action.working"));
    const { id, page, mode } = s.current;
    s.drafts.send();
    s.tell(t("action.working"), 0);
    working = true;
    try {
      const done = await call("POST", `/api/pages/${page.id}/work`, { kind, ...body }, READING);
      await s.dropAhead();
      if (kind === "add") {
        s.current.entries = done.entries;
        s.head();
        s.paint();
        if (mode === "turn") s.lookAhead();
      } else {
        await open(done.made[0] ?? (kind === "volume" ? id : null), mode);
      }
      offerUndo(t(`action.${kind}_done`), () => undoWork(done.work));
    } catch (error) {
      s.tell("");
      s.failed(error);
    } finally {
      working = false;
    }
  }

  // Takes an entry up if that is this person's to do, else shows it; without one, what is next in the queue.
  async function open(id, mode) {
    if (id === null || id === undefined) return s.forward();
    let entry = await call("GET", `/api/entries/${id}`);
    if (mode === "turn" && entry.can_take) entry = await call("POST", `/api/entries/${id}/take`, {});
    await s.show(entry);
  }

  function offerUndo(text, undo) {
    s.tell(text, 30000);
    const button = element("button", { type: "button", id: "undo-work" }, t("action.undo"));
    button.addEventListener("click", () => undo());
    $("say").append(" ", button);
  }

  async function undoWork(id) {
    const mode = s.current?.mode ?? "turn";
    try {
      const undone = await call("POST", `/api/page-work/${id}/undo`, {}, READING);
      await s.dropAhead();
      if (undone.made.length || !s.current || !undone.entries.some((entry) => entry.id === s.current.id && entry.stage !== "withdrawn")) {
        if (s.current) farewell("/api/release", s.held([s.current]));
        await open(undone.made[0], mode);
      } else {
        s.current.entries = undone.entries;
        s.head();
        s.paint();
        if (mode === "turn") s.lookAhead();
      }
      s.tell(t("action.undone"));
    } catch (error) {
      s.failed(error);
    }
  }

  async function act(kind, body) {
    const entry = s.current;
    // What was typed before it was sent back is there again when that is undone.
    const typed = entry.mode === "turn" ? s.sheet.draft() : null;
    try {
      const { deeds } = await call("POST", `/api/entries/${entry.id}/do/${kind}`, { ...body, deeds: entry.deeds });
      if (kind === "return") {
        s.drafts.forget(entry);
        await s.forward();
      } else {
        await reload();
      }
      const text = t(`action.${kind}_done`);
      if (kind === "restore") s.tell(text);
      else offerUndo(text, () => takeBackDeed(entry.id, deeds, typed));
    } catch (error) {
      s.failed(error);
    }
  }

  // Takes back that an entry was sent back or opened again; it is this person's turn again, with what was typed.
  async function takeBackDeed(id, deeds, typed) {
    try {
      await call("POST", `/api/entries/${id}/do/take_back`, { deeds });
      let entry = await call("GET", `/api/entries/${id}`);
      if (typed && entry.can_take) entry = await call("POST", `/api/entries/${id}/take`, {});
      await s.dropAhead();
      if (s.current && s.current.id !== id) farewell("/api/release", s.held([s.current]));
      if (typed && entry.mode === "turn") s.drafts.save(entry, typed);
      await s.show(entry);
      s.tell(t("action.undone"));
    } catch (error) {
      s.failed(error);
    }
  }

  // Undoes from the history, which goes.
  function undoButton(undo) {
    const button = element("button", { type: "button" }, t("action.undo"));
    button.addEventListener("click", () => {
      $("history").close();
      undo();
    });
    return button;
  }

  async function showHistory() {
    try {
      const { rows, works } = await call("GET", `/api/entries/${s.current.id}/history`);
      const body = $("history-rows");
      body.replaceChildren(
        ...rows.map((row) => {
          const line = document.createElement("tr");
          for (const cell of [row.at, row.who, row.what, row.detail]) line.append(element("td", {}, cell));
          if (row.take_back) {
            const { id } = s.current;
            line.lastChild.append(" ", undoButton(() => takeBackDeed(id, row.take_back.deeds, { said: {} })));
          }
          return line;
        }),
      );
      $("history-works").hidden = !works.length;
      $("history-work-rows").replaceChildren(
        ...works.map((work) => {
          const line = document.createElement("tr");
          for (const cell of [work.at, work.who, work.what, work.undone ?? work.detail]) line.append(element("td", {}, cell));
          const end = document.createElement("td");
          if (work.can_undo) {
            end.append(undoButton(() => (work.note ? takeBack([work.note]) : undoWork(work.id))));
          }
          line.append(end);
          return line;
        }),
      );
      $("history").showModal();
    } catch (error) {
      s.failed(error);
    }
  }

  return { actions, showHistory };
}
