//! Which fields of a signed-off record may teach the reader.

use sobo_core::{Entry, FieldKind, Form, Lacuna, Original, Rect};
use sobo_verify::VerifiedRecord;

/// A signed-off field with its place on the page: what training lines are cut from.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedField {
    /// Name of the field.
    pub name: String,
    /// What is written in it.
    pub kind: FieldKind,
    /// As written, period spelling and case kept, NFC; empty exactly when `lacuna` is given.
    pub text: String,
    /// Why there is no text.
    pub lacuna: Option<Lacuna>,
    /// Box around the value.
    pub place: Rect<Original>,
    /// Boxes of its lines, top to bottom; empty where they must be sought inside `place`.
    pub lines: Vec<Rect<Original>>,
    /// What the machine had read, for telling lines apart; empty where it read nothing.
    pub read: String,
}

/// The fields of a signed-off record that teach: those that have a place on the page.
///
/// A value without a box (a person found it where the machine saw nothing, and drew none) is left out: there is
/// nothing to cut. A box a person drew stands over the machine's, whose lines then no longer hold. Only a
/// [`VerifiedRecord`] is taken, so nothing that has not gone through its whole chain can teach.
pub fn qualify(record: &VerifiedRecord, entry: &Entry, form: Option<&Form>) -> Vec<VerifiedField> {
    record
        .values()
        .iter()
        .filter(|(_, statement)| statement.is_well_formed())
        .filter_map(|(name, statement)| {
            let read = entry.fields.get(name);
            let (place, lines) = match (statement.bbox, read) {
                (Some(drawn), _) => (drawn, Vec::new()),
                (None, Some(field)) => (field.bbox, field.lines.clone()),
                (None, None) => return None,
            };
            let has_room = place.w >= 1.0 && place.h >= 1.0;
            has_room.then(|| VerifiedField {
                name: name.clone(),
                kind: form.and_then(|form| form.field(name)).map_or(FieldKind::Text, |field| field.kind),
                text: statement.text.trim().to_owned(),
                lacuna: statement.lacuna,
                place,
                lines,
                read: read.map(|field| field.text.clone()).unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use indexmap::IndexMap;
    use sobo_core::Field;
    use sobo_verify::{Actor, Chain, Event, Role, Sheet, State, Statement, StepKind};

    use super::*;

    fn entry() -> Entry {
        let field = |text: &str, x: f64| Field {
            text: text.to_owned(),
            bbox: Rect::new(x, 5.0, 80.0, 20.0),
            lines: vec![Rect::new(x, 5.0, 80.0, 20.0)],
            ..Field::default()
        };
        let fields = [("child_name", "Nguyễn Văn Bá"), ("sex", "Nam")];
        let fields = fields.iter().zip([10.0, 200.0]).map(|((n, t), x)| ((*n).to_owned(), field(t, x)));
        Entry { bbox: Rect::new(0.0, 0.0, 400.0, 40.0), fields: fields.collect() }
    }

    /// Takes every step of the chain with a person of its own, saying `said` in each.
    fn signed_off(said: &[(&str, Statement)]) -> State {
        let mut sheet = Sheet::of_entry(&entry(), None);
        sheet.fields.entry("notes".to_owned()).or_default();
        let mut state = State::begin(Chain::full(), sheet, 0);
        for person in 1..=8 {
            let step = match state.stage() {
                sobo_verify::Stage::Awaiting(step) => step,
                _ => break,
            };
            let actor = Actor::new(person, &Role::ALL);
            let statements: IndexMap<_, _> = if step == StepKind::SignOff {
                IndexMap::new()
            } else {
                said.iter().map(|(name, statement)| ((*name).to_owned(), statement.clone())).collect()
            };
            state = state.apply(Event::Submit { step, statements }, &actor, "2026-01-01T00:00:00Z").unwrap();
        }
        state
    }

    #[test]
    fn only_signed_off_values_with_a_place_teach() {
        let drawn = Rect::new(30.0, 60.0, 50.0, 12.0);
        let said = [
            ("child_name", Statement::of_text("Nguyễn Văn Ba")),
            ("sex", Statement { bbox: Some(drawn), ..Statement::of_lacuna(Lacuna::StruckOut) }),
            ("notes", Statement::of_text("không có khung")),
        ];
        let state = signed_off(&said);
        let record = state.verified().unwrap();
        let fields = qualify(&record, &entry(), None);
        assert_eq!(fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["child_name", "sex"]);
        assert_eq!((fields[0].text.as_str(), fields[0].read.as_str()), ("Nguyễn Văn Ba", "Nguyễn Văn Bá"));
        assert_eq!(fields[0].lines.len(), 1);
        assert_eq!((fields[1].lacuna, fields[1].place), (Some(Lacuna::StruckOut), drawn));
        assert!(fields[1].lines.is_empty(), "the machine's lines do not lie in a box a person drew");
    }

    #[test]
    fn what_is_withdrawn_or_reopened_teaches_no_more() {
        let state = signed_off(&[
            ("child_name", Statement::of_text("Nguyễn Văn Ba")),
            ("sex", Statement::of_text("Nam")),
        ]);
        let supervisor = Actor::new(9, &[Role::Supervisor]);
        let reopened = state.apply(Event::Reopen { reason: "sai".to_owned() }, &supervisor, "").unwrap();
        assert!(reopened.verified().is_none());
    }
}
