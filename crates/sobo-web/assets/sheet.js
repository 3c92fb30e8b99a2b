// The fields of one entry: what is shown, what is said, and the keys that work on them.
import { call, t } from "/assets/api.js";

// Typed characters of these kinds may be digits, so that bare digits never choose a candidate there.
const NUMERIC = new Set(["date", "date_words", "time", "number", "identity", "year", "age", "place", "text"]);
// Kinds whose normal form the server shows under the input.
const NORMALISED = new Set(["date", "date_words", "time", "number", "year", "age", "sex", "registration_type"]);
export const LACUNAE = [["illegible", "I"], ["torn", "T"], ["blank", "B"], ["struck_out", "S"]];

const node = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

/** Whether an input method is still composing: such keys belong to it alone (Telex, VNI). */
export const composing = (event) => event.isComposing || event.keyCode === 229;

export class Sheet {
  constructor(list, callbacks) {
    this.list = list;
    this.callbacks = callbacks;
    this.fields = [];
    this.undoStack = [];
    this.here = null;
  }

  show(entry, draft) {
    this.entry = entry;
    this.undoStack = [];
    this.here = null;
    this.fields = entry.fields.map((data) => {
      const said = draft?.said?.[data.name] ?? null;
      const typing = draft?.typing?.[data.name];
      const start = said ?? data.shown;
      return {
        ...data,
        editable: entry.mode === "turn" && data.open,
        text: typing ?? start?.text ?? "",
        lacuna: typing !== undefined ? null : (start?.lacuna ?? null),
        drawn: draft?.boxes?.[data.name] ?? said?.bbox ?? data.shown?.bbox ?? null,
        said,
        // Typed before a reload or a crash and not yet said: it still is to be.
        touched: typing !== undefined && entry.mode === "turn" && data.open,
      };
    });
    this.list.replaceChildren(...this.fields.map((field) => this.build(field)));
    for (const field of this.fields) this.refresh(field);
  }

  build(field) {
    const id = `f-${field.name}`;
    const lines = Math.min(field.max_lines ?? 1, 4);
    const input = lines > 1 ? node("textarea", { rows: field.text.length > 55 ? 2 : 1 }) : node("input", { type: "text" });
    input.id = id;
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("autocapitalize", "off");
    input.setAttribute("aria-describedby", `${id}-more`);
    if (!field.editable) input.readOnly = true;
    field.input = input;

    field.img = node("img", { alt: t("entry.strip_of", { field: field.caption }), decoding: "async" });
    field.stripBox = node("span", { class: "strip" }, field.img);
    field.mark = node("span", { class: "mark" });
    field.normal = node("div", { class: "normal", "aria-live": "polite" });
    field.candidateBox = node("div", { class: "candidates", role: "group", "aria-label": t("entry.candidates") });
    field.lacunaBox = node("div", { class: "lacunae", role: "group", "aria-label": t("entry.lacunae") });
    field.warnings = node("div", { class: "warnings", role: "status" });
    field.more = node("div", { class: "more", id: `${id}-more` }, field.candidateBox, field.normal, field.lacunaBox);
    field.element = node("li", { class: "f", "data-field": field.name },
      node("div", { class: "head" }, node("label", { for: id }, field.caption), field.mark),
      field.stripBox,
      ...this.earlier(field),
      ...this.versus(field),
      input,
      field.warnings,
      field.more,
    );
    this.strip(field);
    this.warnOf(field, field.checks ?? []);

    if (field.editable) {
      this.offer(field);
      field.lacunaBox.append(node("span", { "aria-hidden": "true" }, "Alt +"));
      for (const [lacuna, letter] of LACUNAE) {
        field.lacunaBox.append(node("button", {
          type: "button", tabindex: "-1", "data-lacuna": lacuna, "aria-pressed": "false",
          onclick: () => this.setLacuna(field, lacuna),
        }, node("kbd", {}, letter), " ", t(`lacuna.${lacuna}`)));
      }
    }
    input.addEventListener("focus", () => this.enter(field));
    input.addEventListener("input", () => {
      field.touched = true;
      field.text = input.value;
      field.lacuna = null;
      this.refresh(field, true);
      this.normalise(field);
      this.callbacks.changed();
      this.callbacks.check();
    });
    input.addEventListener("blur", () => {
      // What was typed counts as said when the cursor leaves; nothing typed, nothing said.
      if (field.touched && field.editable && field.text.trim()) this.say(field);
      field.touched = false;
    });
    field.element.addEventListener("mousedown", (event) => {
      if (event.target.closest("input, textarea, button, label")) return;
      event.preventDefault();
      input.focus();
    });
    return field.element;
  }

  // Other readings, each with its key.
  offer(field) {
    const texts = (field.readings ? [] : (field.candidates ?? [])).slice(0, 5);
    field.candidateBox.replaceChildren(...texts.map((text, index) => node("button", {
      type: "button", tabindex: "-1", onclick: () => this.choose(field, index),
    }, node("kbd", {}, `Alt ${index + 1}`), text)));
  }

  // The same field on the scan before a rescan, for the second look.
  earlier(field) {
    if (!field.earlier_strip) return [];
    return [node("span", { class: "strip earlier" }, node("img", {
      src: field.earlier_strip, alt: t("entry.earlier_strip", { field: field.caption }), title: t("entry.earlier_strip", { field: field.caption }), decoding: "async", loading: "lazy",
    }))];
  }

  // The two readings an arbiter decides between, with what differs marked.
  versus(field) {
    if (!field.other && !field.disputed) return [];
    const readings = [field.shown, field.other];
    const describe = (one, two) => {
      if (!one) return t("lacuna.blank");
      if (one.lacuna) return t(`lacuna.${one.lacuna}`);
      return marked(one.text, two?.text ?? "");
    };
    const box = node("div", { class: "versus" });
    readings.forEach((reading, index) => {
      box.append(node("button", {
        type: "button", tabindex: "-1", disabled: !field.editable, onclick: () => this.chooseReading(field, index),
      }, node("kbd", {}, `Alt ${index + 1}`), " ", describe(reading, readings[1 - index])));
    });
    field.readings = readings;
    return [box];
  }

  chooseReading(field, index) {
    const reading = field.readings[index];
    this.remember(field);
    field.text = reading?.text ?? "";
    field.lacuna = reading ? (reading.lacuna ?? null) : "blank";
    field.input.value = field.text;
    this.commit(field);
    this.next(field);
  }

  // Warnings stand at the field and never hold anybody up.
  warnOf(field, checks) {
    const texts = [...new Set(checks.map((check) => check.text))];
    const before = [...field.warnings.children].map((line) => line.textContent);
    if (texts.join("\n") === before.join("\n")) return;
    field.warnings.replaceChildren(...texts.map((text) => node("div", { class: "warning" }, text)));
  }

  // `found`: warnings by field, from what is typed now. What only the whole page can tell stays as long as the reading does.
  warn(found) {
    for (const field of this.fields) {
      const unchanged = field.text === (field.shown?.text ?? "") && !field.lacuna;
      const ofPage = unchanged ? (field.checks ?? []).filter((check) => check.of_page) : [];
      this.warnOf(field, [...ofPage, ...(found[field.name] ?? [])]);
    }
  }

  // What stands in the fields that this person may see or has typed.
  texts() {
    const written = this.fields.filter((field) => field.text.trim() && !field.lacuna);
    return Object.fromEntries(written.map((field) => [field.name, field.text]));
  }

  strip(field) {
    const box = field.drawn ?? field.bbox;
    field.stripBox.classList.toggle("none", !box);
    field.element.classList.toggle("no-strip", !box);
    if (!box) return;
    field.stripBox.classList.toggle("tall", (field.lines ?? 1) > 1 || box[3] > 110);
    field.img.src = stripUrl(this.entry, box);
  }

  boxOf(field) {
    return field.drawn ?? field.bbox;
  }

  refresh(field, typing = false) {
    const { element, input } = field;
    if (!typing && input.value !== field.text) input.value = field.text;
    input.placeholder = field.lacuna ? `[${t(`lacuna.${field.lacuna}`)}]` : field.hidden && !field.said ? t(field.editable ? "entry.blind_placeholder" : "entry.kept_back") : "";
    element.classList.toggle("attention", this.needs(field));
    element.classList.toggle("said", Boolean(field.said) && !this.needs(field));
    element.classList.toggle("closed", !field.editable);
    // What the page does not have takes little room, but keeps its place in the order of the form.
    element.classList.toggle("absent", !field.text && !field.lacuna && !field.hidden && !this.needs(field));
    for (const button of field.lacunaBox.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.lacuna === field.lacuna));
    }
    let mark = "";
    const done = field.said && !this.needs(field);
    if (done) mark = `✓ ${t("entry.confirmed")}`;
    else if (this.needs(field) && field.carried) mark = t("entry.carried");
    else if (this.needs(field)) mark = t(field.hidden ? "entry.blind" : "entry.needs_you");
    else if (field.shown && field.accepted && field.editable) mark = t("entry.offered");
    field.mark.textContent = mark;
    field.mark.className = `mark ${done ? "ok-text" : this.needs(field) ? "warn-text" : ""}`;
  }

  needs(field) {
    return field.editable && ((field.attention && !field.said) || this.emptied(field));
  }

  // What stood there was deleted and nothing put in its place: the record would keep what the screen no longer shows.
  emptied(field) {
    return !field.text.trim() && !field.lacuna && Boolean((field.said ?? field.shown)?.text);
  }

  remaining() {
    return this.fields.filter((field) => this.needs(field));
  }

  enter(field) {
    if (this.here !== field) {
      this.here?.element.classList.remove("here");
      this.here = field;
      field.element.classList.add("here");
      field.element.scrollIntoView({ block: "nearest" });
      this.callbacks.moved(field);
      this.normalise(field);
    }
    if (field.editable) field.input.select();
  }

  leave() {
    this.here?.element.classList.remove("here");
    this.here = null;
  }

  remember(field) {
    this.undoStack.push({
      field, text: field.lastText ?? field.shown?.text ?? "", lacuna: field.lastLacuna ?? field.shown?.lacuna ?? null,
      said: field.said, drawn: field.drawn,
    });
  }

  say(field) {
    const text = field.text.normalize("NFC").replace(/\s+/gu, " ").trim();
    if (!text && !field.lacuna) return false;
    const same = field.said && field.said.text === text && (field.said.lacuna ?? null) === field.lacuna && !this.redrawn(field);
    if (!same) {
      this.remember(field);
      field.text = text;
      this.commit(field);
    }
    return true;
  }

  commit(field) {
    const statement = { text: field.lacuna ? "" : field.text };
    if (field.lacuna) statement.lacuna = field.lacuna;
    if (field.drawn) statement.bbox = field.drawn;
    field.said = statement;
    field.lastText = statement.text;
    field.lastLacuna = field.lacuna;
    field.touched = false;
    this.refresh(field);
    this.callbacks.changed();
    if (statement.text !== (field.shown?.text ?? "")) this.callbacks.check();
  }

  // Takes back the last thing said; the field it concerned.
  undo() {
    const last = this.undoStack.pop();
    if (!last) return null;
    const { field } = last;
    field.said = last.said;
    field.text = last.said ? last.said.text : last.text;
    field.lacuna = last.said ? (last.said.lacuna ?? null) : last.lacuna;
    field.lastText = field.text;
    field.lastLacuna = field.lacuna;
    if (field.drawn !== last.drawn) {
      field.drawn = last.drawn;
      this.strip(field);
    }
    field.touched = false;
    this.refresh(field);
    this.callbacks.changed();
    this.callbacks.check();
    field.input.focus();
    field.input.select();
    return field;
  }

  choose(field, index) {
    const text = field.candidates?.[index];
    if (text === undefined) return;
    this.remember(field);
    field.text = text;
    field.lacuna = null;
    field.input.value = text;
    this.commit(field);
    this.next(field);
  }

  setLacuna(field, lacuna) {
    this.remember(field);
    field.text = "";
    field.input.value = "";
    field.lacuna = lacuna;
    this.commit(field);
    this.next(field);
  }

  // Enter: says the field and goes to the next that needs a person; after the last, to the button.
  confirm(field) {
    if (!field.editable) return this.next(field);
    if (!this.say(field) && this.needs(field)) {
      this.callbacks.tell(t("entry.empty_needs_lacuna"));
      return;
    }
    this.next(field);
  }

  next(field) {
    const at = this.fields.indexOf(field);
    const order = [...this.fields.slice(at + 1), ...this.fields.slice(0, at + 1)];
    const target = order.find((candidate) => this.needs(candidate));
    if (target) target.input.focus();
    else this.callbacks.finished();
  }

  step(field, by) {
    const target = this.fields[this.fields.indexOf(field) + by];
    if (target) target.input.focus();
    else if (by > 0) this.callbacks.finished();
  }

  focusFirst() {
    const target = this.remaining()[0];
    if (target) target.input.focus();
    else this.callbacks.finished();
  }

  // Says what was typed anywhere and not yet said.
  sayTyped() {
    for (const field of this.fields) {
      if (field.editable && (field.touched || (this.redrawn(field) && !this.needs(field)))) this.say(field);
    }
  }

  // All that a reload must not lose.
  draft() {
    const boxes = this.fields.filter((field) => this.redrawn(field));
    return {
      said: this.statements(), typing: this.typing(),
      boxes: Object.fromEntries(boxes.map((field) => [field.name, field.drawn])),
    };
  }

  // A box was drawn and is not yet part of what was said.
  redrawn(field) {
    return Boolean(field.drawn) && field.drawn !== (field.said?.bbox ?? field.shown?.bbox);
  }

  statements() {
    return Object.fromEntries(this.fields.filter((field) => field.said).map((field) => [field.name, field.said]));
  }

  typing() {
    return Object.fromEntries(
      this.fields.filter((field) => field.editable && (field.touched || this.emptied(field))).map((field) => [field.name, field.text]),
    );
  }

  normalise(field) {
    if (!NORMALISED.has(field.kind)) return;
    clearTimeout(field.timer);
    const text = field.text.trim();
    if (!text || field.lacuna) {
      field.normal.textContent = "";
      return;
    }
    field.timer = setTimeout(async () => {
      try {
        const result = await call("POST", "/api/normalise", { kind: field.kind, field: field.name, text, volume: this.entry.volume.id });
        if (field.text.trim() === text) field.normal.textContent = result.shown ? `= ${result.shown}` : t("entry.no_normal_form");
      } catch {
        field.normal.textContent = "";
      }
    }, 180);
  }

  // Keys inside a field. True where the key was used.
  key(event, field) {
    if (composing(event)) return false;
    const { key } = event;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (key === "Enter" && plain) {
      if (event.shiftKey) this.step(field, -1);
      else this.confirm(field);
      return true;
    }
    if (plain && !event.shiftKey && key === "ArrowDown") return this.step(field, 1), true;
    if (plain && !event.shiftKey && key === "ArrowUp") return this.step(field, -1), true;
    if (!field.editable) return false;
    const digit = event.code?.startsWith("Digit") ? Number(event.code.slice(5)) : NaN;
    const pick = (index) => (field.readings ? index < 2 && this.chooseReading(field, index) : this.choose(field, index));
    const available = field.readings ? 2 : (field.candidates?.length ?? 0);
    if (event.altKey && !event.ctrlKey && digit >= 1 && digit <= 5) {
      if (digit <= available) pick(digit - 1);
      return true;
    }
    // A bare digit chooses only where digits are not written and nothing was typed yet.
    if (plain && /^[1-5]$/.test(key) && !field.touched && Number(key) <= available && (field.readings || !NUMERIC.has(field.kind))) {
      pick(Number(key) - 1);
      return true;
    }
    if (event.altKey && !event.ctrlKey && !event.shiftKey) {
      const lacuna = LACUNAE.find(([, letter]) => event.code === `Key${letter}`);
      if (lacuna) return this.setLacuna(field, lacuna[0]), true;
    }
    // The input takes its own typing back first; then what was said before.
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && key.toLowerCase() === "z" && !field.touched) {
      return this.undo(), true;
    }
    if (key === "Escape" && (field.touched || this.emptied(field))) {
      field.text = field.said ? field.said.text : (field.shown?.text ?? "");
      field.lacuna = field.said ? (field.said.lacuna ?? null) : (field.shown?.lacuna ?? null);
      field.touched = false;
      this.refresh(field);
      field.input.select();
      this.callbacks.changed();
      return true;
    }
    return false;
  }
}

export function stripUrl(entry, [x, y, w, h]) {
  return `${entry.page.strips}/${Math.round(x)}_${Math.round(y)}_${Math.round(w)}_${Math.round(h)}.jpg`;
}

// The words of `text` that `other` does not have in the same place, marked.
function marked(text, other) {
  const [a, b] = [text.split(" "), other.split(" ")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const span = document.createElement("span");
  const middle = a.slice(head, a.length - tail).join(" ");
  span.append([...a.slice(0, head), ""].join(" "));
  if (middle) {
    const mark = document.createElement("mark");
    mark.append(middle);
    span.append(mark);
  }
  span.append(["", ...a.slice(a.length - tail)].join(" "));
  return span;
}
