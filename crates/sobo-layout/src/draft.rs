//! Drafting a form from one page of it: what is printed there, told apart by the labels of the forms that are known.
//!
//! A draft is a beginning for a person to mend, not a form: what was only guessed is said in [`Draft::doubts`].

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use sobo_core::{FieldKind, Form, FormField, RegisterType};

use crate::anchor::{Anchor, AnchorPlace};
use crate::forms::LoadedForm;
use crate::matching::{Folded, Found, Wording, find, likeness};
use crate::structure::Structure;

/// Share of a wording's letters that must be there to take print for it.
const LIKE: f32 = 0.72;
/// The same for the print of another kind of register.
const LIKE_FOREIGN: f32 = 0.85;
/// The same for a title.
const LIKE_TITLE: f32 = 0.85;
/// A wording shorter than this is believed only when nothing else stands on its place.
const SHORT: usize = 4;
/// No label is longer.
const LONG: usize = 60;
/// Price of going back in a known form, against going one field on.
const BACKWARDS: f32 = 6.0;

/// A drafted form.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The form, with the labels as they were read.
    pub form: Form,
    /// What a person should look at, in the order of the fields: field name, or empty for the whole, and why.
    pub doubts: Vec<(String, String)>,
}

/// A label on the page.
struct Label {
    text: String,
    folded: Folded,
    /// Letters that stand on the label's own place, before the leader or colon.
    own: usize,
    /// It has room for a value: a leader, a colon, or a column under it.
    open: bool,
    /// A colon follows it: it is print.
    colon: bool,
    /// Nothing stands before it on its line but other labels with their values.
    leads: bool,
}

/// What a known form calls a field that a label may belong to.
struct Known<'a> {
    form: usize,
    index: usize,
    field: &'a FormField,
    wording: &'a Wording,
    spelled: &'a str,
}

/// Drafts a form called `id` from the structure of a page and what was read of its print.
///
/// `known` lends its labels: those of forms for the same kind of register first, those of others where none fits.
pub fn draft(
    structure: &Structure,
    anchors: &[Anchor],
    known: &[LoadedForm],
    id: &str,
    family: &str,
    register_type: RegisterType,
) -> Draft {
    let ledger = !structure.tables.is_empty();
    let labels = if ledger { of_heads(structure, anchors) } else { of_lines(structure, anchors) };
    let own: Vec<&LoadedForm> = known.iter().filter(|f| f.form.register_type == register_type).collect();
    let others: Vec<&LoadedForm> = known.iter().filter(|f| f.form.register_type != register_type).collect();
    let mut drafting = Drafting::new(vocabulary(&own), vocabulary(&others), register_type);
    // Captions under which a value is written count with the print that is no label.
    let captions = |form: &'_ LoadedForm| {
        let below = form.form.fields.iter().filter_map(|field| field.place.get("below"));
        below.flat_map(|captions| captions.split('|')).map(str::to_owned).collect::<Vec<_>>()
    };
    let furniture: Vec<(String, Wording)> = known
        .iter()
        .flat_map(|f| f.form.furniture.iter().cloned().chain(captions(f)))
        .map(|text| (text.clone(), Wording::new(&text)))
        .collect();
    let wordings: Vec<&Wording> = own.iter().flat_map(|form| &form.titles).collect();
    for label in &labels {
        if wordings.iter().any(|title| likeness(title, &label.folded) > LIKE_TITLE) {
            drafting.title();
            continue;
        }
        let printed = furniture
            .iter()
            .map(|(text, wording)| (text.as_str(), likeness(wording, &label.folded)))
            .filter(|(_, like)| *like > 0.8)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        drafting.take(label, printed.map(|(text, _)| text));
    }
    let titles: BTreeSet<&str> = own
        .iter()
        .flat_map(|f| f.form.titles.iter().map(String::as_str))
        .filter(|t| is_on_page(t, anchors))
        .collect();
    let mut doubts = drafting.doubts;
    if titles.is_empty() {
        doubts.insert(
            0,
            (String::new(), "no title was recognised; write the printed one into `titles`".to_owned()),
        );
    }
    if drafting.fields.is_empty() {
        doubts
            .insert(0, (String::new(), "no label was recognised; is the page upright and sharp?".to_owned()));
    }
    let blocks = drafting.blocks;
    // Only a form whose margin is set apart is an `act`; a person says so.
    let layout = if ledger { "ledger" } else { "blocks" };
    let form = Form {
        id: id.to_owned(),
        family: family.to_owned(),
        register_type,
        titles: titles.into_iter().map(str::to_owned).collect(),
        year_from: None,
        year_to: None,
        layout: layout.to_owned(),
        max_entries: if ledger { 60 } else { blocks.max(if blocks > 1 { 4 } else { 1 }) },
        settings: IndexMap::new(),
        furniture: drafting.furniture.into_iter().collect(),
        fields: drafting.fields,
    };
    Draft { form, doubts }
}

/// The labels that may stand before a value on the lines of a page, in reading order.
fn of_lines(structure: &Structure, anchors: &[Anchor]) -> Vec<Label> {
    let mut labels = Vec::new();
    for anchor in anchors {
        let AnchorPlace::Slot { line, slot } = anchor.request.place else { continue };
        let Some(place) = structure.lines.get(line).and_then(|l| l.slots.get(slot)) else { continue };
        let reading = &anchor.reading;
        let rect = anchor.request.rect;
        let colon = reading.text.chars().position(|c| c == ':');
        // Where the leader begins the label has ended.
        let leader =
            place.leader.filter(|x| *x > place.ink.x).map(|x| ((x - rect.x) / rect.w.max(1.0)) as f32);
        let before_leader =
            leader.map(|x| reading.chars.iter().take_while(|c| (c.x0 + c.x1) / 2.0 < x).count());
        let end = match (colon, before_leader) {
            (Some(colon), Some(leader)) => colon.min(leader),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => reading.text.chars().count(),
        };
        let text: String = reading.text.chars().take(end).collect();
        let text = text.trim_matches(|c: char| c == '.' || c == '…' || c.is_whitespace()).to_owned();
        // What follows a colon is the value and may begin like a longer label.
        let mut printed = reading.clone();
        if let Some(colon) = colon {
            printed.text = reading.text.chars().take(colon).collect();
            printed.chars.truncate(colon);
        }
        let folded = Folded::new(&printed);
        let own = Wording::new(&text).len().min(folded.len());
        labels.push(Label {
            text,
            folded,
            own,
            open: colon.is_some() || leader.is_some(),
            colon: colon.is_some(),
            leads: slot == 0,
        });
    }
    labels
}

/// The heads of a ledger's columns, left to right, one label a column.
fn of_heads(structure: &Structure, anchors: &[Anchor]) -> Vec<Label> {
    let mut heads: BTreeMap<(usize, usize), Vec<&Anchor>> = BTreeMap::new();
    for anchor in anchors {
        if let AnchorPlace::Header { table, columns } = anchor.request.place {
            heads.entry((table, columns.0)).or_default().push(anchor);
        }
    }
    let mut labels = Vec::new();
    for (table, found) in structure.tables.iter().enumerate() {
        for column in 0..found.columns() {
            let Some(lines) = heads.get(&(table, column)) else { continue };
            let text = lines.iter().map(|a| a.reading.text.trim()).collect::<Vec<_>>().join(" ");
            let folded = Folded::join(lines.iter().map(|a| &a.reading));
            if folded.len() < 2 {
                continue;
            }
            let own = folded.len();
            labels.push(Label { text, folded, own, open: true, colon: true, leads: true });
        }
    }
    labels
}

fn vocabulary<'a>(forms: &[&'a LoadedForm]) -> Vec<Known<'a>> {
    let mut all = Vec::new();
    for (form, loaded) in forms.iter().enumerate() {
        for (index, (field, wordings)) in loaded.form.fields.iter().zip(&loaded.wordings).enumerate() {
            for (wording, spelled) in wordings.iter().zip(&field.labels) {
                all.push(Known { form, index, field, wording, spelled });
            }
        }
    }
    all
}

fn is_on_page(title: &str, anchors: &[Anchor]) -> bool {
    let wording = Wording::new(title);
    anchors.iter().any(|anchor| likeness(&wording, &Folded::new(&anchor.reading)) > 0.8)
}

/// Persons a label may speak of: the words that name them in a label, folded, and what their fields' names begin with.
const ROLES: &[(&[&str], &str)] = &[
    (&["khai", "yeu cau", "dang ky khai"], "declarant_"),
    (&["cha"], "father_"),
    (&["me"], "mother_"),
    (&["chong", "ben nam"], "groom_"),
    (&["vo", "ben nu"], "bride_"),
    (&["nguoi chet"], "deceased_"),
    (&["tre", "nguoi duoc khai sinh"], "child_"),
];

/// The person whose name follows `Họ và tên` without a word more.
fn subject(register_type: RegisterType) -> &'static str {
    match register_type {
        RegisterType::Death => "deceased_",
        RegisterType::Marriage => "groom_",
        _ => "child_",
    }
}

/// The person a label names.
fn named_role(label: &str) -> Option<&'static str> {
    let folded = format!(" {} ", sobo_text::words(&sobo_text::fold(label)).join(" "));
    ROLES
        .iter()
        .find(|(words, _)| words.iter().any(|w| folded.contains(&format!(" {w} "))))
        .map(|(_, role)| *role)
}

/// The person a field is about, by its name.
fn role_of(name: &str) -> Option<&'static str> {
    ROLES.iter().map(|(_, role)| *role).find(|role| name.starts_with(role))
}

/// The fields found so far.
struct Drafting<'a> {
    own: Vec<Known<'a>>,
    others: Vec<Known<'a>>,
    register_type: RegisterType,
    fields: Vec<FormField>,
    furniture: BTreeSet<String>,
    doubts: Vec<(String, String)>,
    /// Names met in the entry that is being walked through.
    met: BTreeSet<String>,
    /// Entries met on the page.
    blocks: u32,
    /// Where each known form stands: its index of the last field recognised.
    last: BTreeMap<usize, usize>,
    /// The person the last labels were about.
    role: &'static str,
    /// The last label has had no value yet: what stands behind it on its line is that value.
    waiting: bool,
}

impl<'a> Drafting<'a> {
    fn new(own: Vec<Known<'a>>, others: Vec<Known<'a>>, register_type: RegisterType) -> Self {
        Self {
            own,
            others,
            register_type,
            fields: Vec::new(),
            furniture: BTreeSet::new(),
            doubts: Vec::new(),
            met: BTreeSet::new(),
            blocks: 1,
            last: BTreeMap::new(),
            role: "",
            waiting: false,
        }
    }

    /// A title after fields begins another entry.
    fn title(&mut self) {
        if !self.met.is_empty() {
            self.next_entry();
        }
        self.waiting = false;
    }

    fn next_entry(&mut self) {
        self.blocks += 1;
        self.met.clear();
        self.last.clear();
        self.role = "";
    }

    /// Takes a label for a field, for print that is no label, or for a value.
    fn take(&mut self, label: &Label, printed: Option<&str>) {
        let own = self.best(&self.own, label, LIKE);
        let foreign = own.is_none();
        let found = own.or_else(|| self.best(&self.others, label, LIKE_FOREIGN));
        match found {
            Some((at, like)) if printed.is_none() || like > 0.9 => self.known(at, foreign, label),
            _ if printed.is_some() => {
                self.furniture.extend(printed.map(str::to_owned));
                self.under(printed.unwrap_or_default());
                self.waiting = false;
            }
            // What stands behind a label on its line is what was written there.
            _ if self.waiting && !label.leads && !label.colon => self.waiting = false,
            _ if label.open && (SHORT..=LONG).contains(&label.own) && is_wording(&label.text) => {
                self.unknown(label)
            }
            _ => self.waiting = false,
        }
    }

    /// The known label that fits best: its index in `all` and its likeness.
    fn best(&self, all: &[Known<'_>], label: &Label, least: f32) -> Option<(usize, f32)> {
        let named = named_role(&label.text);
        let mut best: Option<(usize, f32, f32)> = None;
        for (at, known) in all.iter().enumerate() {
            let Found { score, likeness: like, last, .. } = find(known.wording, &label.folded, label.own);
            let short = known.wording.len() < SHORT;
            if like < if short { 0.99 } else { least } || (short && label.own > last + 2) {
                continue;
            }
            let jump = match self.last.get(&known.form) {
                Some(last) if known.index > *last => (known.index - last - 1) as f32,
                Some(last) => BACKWARDS + (last - known.index) as f32 * 0.1,
                None => 1.0,
            };
            let used = if self.met.contains(&known.field.name) { 3.0 } else { 0.0 };
            // Whoever begins again begins the next entry.
            let again =
                like > 0.95 && self.fields.first().is_some_and(|first| first.name == known.field.name);
            let (jump, used) = if again { (0.0, 0.0) } else { (jump, used) };
            let stranger = match (named, role_of(&known.field.name)) {
                (Some(named), Some(role)) if named != role => 4.0,
                _ => 0.0,
            };
            // Without a word of whom, it is the person of the labels before.
            let same = match (named, role_of(&known.field.name)) {
                (None, Some(role)) if role == self.role => 1.5,
                (None, Some(_)) if !self.role.is_empty() => -1.0,
                _ => 0.0,
            };
            let total = score - 0.25 * jump.min(10.0) - used - stranger + same;
            if best.is_none_or(|(_, most, _)| total > most) {
                best = Some((at, total, like));
            }
        }
        best.filter(|(_, total, _)| *total > 0.0).map(|(at, _, like)| (at, like))
    }

    fn known(&mut self, at: usize, foreign: bool, label: &Label) {
        let all = if foreign { &self.others } else { &self.own };
        let Some(known) = all.get(at) else { return };
        let (form, index) = (known.form, known.index);
        let mut field = known.field.clone();
        let spelled = known.spelled.to_owned();
        self.waiting = label.open;
        if foreign && role_of(&field.name) == Some("child_") {
            field = self.about(field, subject(self.register_type));
        }
        // A label that names a person speaks of that person, whoever the known form uses it for.
        match named_role(&label.text) {
            Some(named) if role_of(&field.name).is_some_and(|role| role != named) => {
                field = self.about(field, named);
            }
            None if !self.role.is_empty() && role_of(&field.name).is_some_and(|role| role != self.role) => {
                let same = self.about(field.clone(), self.role);
                let is_known = self.own.iter().any(|known| known.field.name == same.name);
                if is_known && !self.met.contains(&same.name) {
                    field = same;
                }
            }
            _ => {}
        }
        let first = self.fields.first().is_some_and(|first| first.name == field.name);
        if first && self.met.contains(&field.name) {
            // The first field once more is the next entry on the page.
            self.next_entry();
        } else if self.met.contains(&field.name) {
            let other = self.about(field.clone(), self.role);
            if self.role.is_empty() || self.met.contains(&other.name) {
                self.doubts.push((
                    field.name,
                    format!("its label stands twice, the second time as «{}»", label.text),
                ));
                return;
            }
            field = other;
        } else if !foreign {
            self.last.insert(form, index);
        }
        self.role = role_of(&field.name).unwrap_or(self.role);
        self.met.insert(field.name.clone());
        if let Some(there) = self.fields.iter_mut().find(|f| f.name == field.name) {
            if !there.labels.contains(&spelled) {
                there.labels.push(spelled);
            }
            return;
        }
        if foreign {
            let reason = format!("«{}» is known from another kind of register only", label.text);
            self.doubts.push((field.name.clone(), reason));
        }
        let mut labels = vec![spelled];
        // Another wording than any that is known: as it was read.
        if likeness(&Wording::new(&labels[0]), &label.folded) < 0.8 && is_wording(&label.text) {
            labels.insert(0, label.text.clone());
        }
        // The page's own order says how this print goes; sections are for forms that cover several prints.
        self.fields.push(FormField { labels, place: IndexMap::new(), ..field });
    }

    /// The field that says of a person what `field` says of another: as a known form has it, else under a new name.
    fn about(&self, field: FormField, role: &str) -> FormField {
        let bare = role_of(&field.name).map_or(field.name.as_str(), |own| &field.name[own.len()..]);
        let name = format!("{role}{bare}");
        let known = self.own.iter().chain(&self.others).find(|known| known.field.name == name);
        match known {
            Some(known) => known.field.clone(),
            None => FormField { name, place: IndexMap::new(), ..field },
        }
    }

    /// A field that known forms write under this caption.
    fn under(&mut self, caption: &str) {
        let below = |known: &&Known<'_>| {
            known.field.place.get("below").is_some_and(|captions| captions.split('|').any(|c| c == caption))
        };
        let Some(field) = self.own.iter().find(below).map(|known| known.field.clone()) else { return };
        if !self.fields.iter().any(|f| f.name == field.name) {
            let place = [("below".to_owned(), caption.to_owned())].into_iter().collect();
            self.fields.push(FormField { labels: Vec::new(), place, ..field });
        }
    }

    fn unknown(&mut self, label: &Label) {
        self.waiting = true;
        let kind = kind_of(&label.text);
        let mut field = FormField {
            name: name_of(&label.text),
            kind,
            labels: vec![label.text.clone()],
            caption_vi: label.text.clone(),
            caption_en: label.text.clone(),
            blind: false,
            required: false,
            max_lines: 1,
            boxes: Vec::new(),
            place: IndexMap::new(),
        };
        // A name, and the label says whose.
        let mut reason = "give the field a name and a kind";
        if let (FieldKind::PersonName, Some(role)) = (kind, named_role(&label.text)) {
            let name = format!("{role}name");
            if let Some(known) = self.own.iter().chain(&self.others).find(|known| known.field.name == name) {
                let labels = std::mem::take(&mut field.labels);
                field = FormField { labels, place: IndexMap::new(), ..known.field.clone() };
                self.role = role;
                reason = "the field is guessed from its words";
            }
        }
        if field.name.is_empty() || !self.met.insert(field.name.clone()) {
            return;
        }
        if self.fields.iter().any(|f| f.name == field.name) {
            return;
        }
        let doubt = format!("«{}» is in no form that is known: check its wording; {reason}", label.text);
        self.doubts.push((field.name.clone(), doubt));
        self.fields.push(field);
    }
}

/// Whether a text is made of Vietnamese words for the most part: print, not scribble.
fn is_wording(text: &str) -> bool {
    let words = sobo_text::words(text);
    let real = words.iter().filter(|w| w.chars().count() > 1 && sobo_text::is_vietnamese_syllable(w)).count();
    real > 0 && 2 * real >= words.len()
}

/// A field name made of a label: its letters, folded.
fn name_of(label: &str) -> String {
    let words: Vec<String> = sobo_text::words(&sobo_text::fold(label))
        .into_iter()
        .map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
        .filter(|word| !word.is_empty())
        .take(6)
        .collect();
    words.join("_")
}

/// What the words of an unknown label promise.
fn kind_of(label: &str) -> FieldKind {
    let folded = sobo_text::fold(label);
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    match () {
        () if has(&["bang chu"]) => FieldKind::DateWords,
        () if has(&["dinh danh", "cmnd", "can cuoc", "ho chieu", "giay to"]) => FieldKind::Identity,
        () if has(&["gioi tinh", "nam/nu", "nam nu"]) => FieldKind::Sex,
        () if has(&["dan toc"]) => FieldKind::Ethnicity,
        () if has(&["quoc tich"]) => FieldKind::Nationality,
        () if has(&["nghe"]) => FieldKind::Occupation,
        () if has(&["nguyen nhan", "chet vi"]) => FieldKind::Cause,
        () if has(&["quan he"]) => FieldKind::Relation,
        () if has(&["gio"]) => FieldKind::Time,
        () if has(&["noi", "que quan", "cho o", "dia chi", "tru"]) => FieldKind::Place,
        () if has(&["tuoi"]) => FieldKind::Age,
        () if has(&["nam sinh"]) && !has(&["ngay"]) => FieldKind::Year,
        () if has(&["ngay"]) => FieldKind::Date,
        () if has(&["ho ten", "ho va ten", "ho, ten", "ten"]) => FieldKind::PersonName,
        () if has(&["so", "quyen", "trang"]) => FieldKind::Number,
        () => FieldKind::Text,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn label(text: &str) -> Label {
        let reading = sobo_core::Reading { text: text.to_owned(), ..sobo_core::Reading::default() };
        Label {
            text: text.to_owned(),
            own: Wording::new(text).len(),
            folded: Folded::new(&reading),
            open: true,
            colon: true,
            leads: true,
        }
    }

    fn known() -> LoadedForm {
        let text = r#"
id = "K-birth"
family = "K"
register_type = "birth"
layout = "blocks"
max_entries = 4
[[field]]
name = "child_name"
kind = "person_name"
labels = ["Họ và tên", "Họ tên trẻ"]
place = { section = "child" }
[[field]]
name = "ethnicity"
kind = "ethnicity"
labels = ["Dân tộc"]
[[field]]
name = "mother_name"
kind = "person_name"
labels = ["Họ và tên mẹ"]
[[field]]
name = "mother_ethnicity"
kind = "ethnicity"
labels = ["Dân tộc"]
"#;
        LoadedForm::parse(text, std::path::Path::new("K-birth.toml")).unwrap()
    }

    fn drafted(labels: &[Label]) -> (Vec<String>, u32, Vec<(String, String)>) {
        let form = known();
        let mut drafting = Drafting::new(vocabulary(&[&form]), Vec::new(), RegisterType::Birth);
        for label in labels {
            drafting.take(label, None);
        }
        let names = drafting.fields.iter().map(|f| f.name.clone()).collect();
        (names, drafting.blocks, drafting.doubts)
    }

    #[test]
    fn a_label_printed_twice_takes_its_meaning_from_the_field_before() {
        let labels = [label("Họ và tên"), label("Dân tộc"), label("Họ vá tên mẹ"), label("Dân toc")];
        let (names, blocks, doubts) = drafted(&labels);
        assert_eq!(names, ["child_name", "ethnicity", "mother_name", "mother_ethnicity"]);
        assert_eq!(blocks, 1);
        assert!(doubts.is_empty(), "{doubts:?}");
    }

    #[test]
    fn what_is_said_of_one_person_is_known_of_another() {
        let labels = [
            label("Họ và tên"),
            label("Dân tộc"),
            label("Họ, chữ đệm, tên người cha"),
            label("Dân tộc"),
            label("Họ và tên mẹ"),
            label("Dân tộc"),
        ];
        let (names, blocks, _) = drafted(&labels);
        assert_eq!(blocks, 1);
        assert_eq!(names[..2], ["child_name", "ethnicity"]);
        assert!(
            names.contains(&"mother_name".to_owned()) && names.contains(&"mother_ethnicity".to_owned()),
            "{names:?}"
        );
    }

    #[test]
    fn the_first_field_once_more_is_the_next_entry() {
        let labels = [label("Họ và tên"), label("Dân tộc"), label("Họ và tên"), label("Dân tộc")];
        let (names, blocks, _) = drafted(&labels);
        assert_eq!(names, ["child_name", "ethnicity"]);
        assert_eq!(blocks, 2);
    }

    #[test]
    fn an_unknown_label_is_kept_with_a_guess_and_a_doubt() {
        let labels = [label("Họ và tên"), label("Nơi đăng ký tạm trú")];
        let (names, _, doubts) = drafted(&labels);
        assert_eq!(names, ["child_name", "noi_dang_ky_tam_tru"]);
        assert_eq!(doubts.len(), 1);
        assert_eq!(kind_of("Nơi đăng ký tạm trú"), FieldKind::Place);
        assert!(!is_wording("NH NH N"));
        assert_eq!(kind_of("Ngày cấp"), FieldKind::Date);
    }
}
