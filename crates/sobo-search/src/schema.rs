//! Fields of the index.

use sobo_text::{exact_key, fold, folded_key, spelling_key};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::document::{Document, Role};
use crate::query::Scope;

/// The three forms of the words of one scope.
#[derive(Debug, Copy, Clone)]
pub(crate) struct Words {
    pub(crate) exact: Field,
    pub(crate) spelled: Field,
    pub(crate) folded: Field,
}

/// The fields of the index by name.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    pub(crate) entry_id: Field,
    pub(crate) volume: Field,
    pub(crate) office: Field,
    pub(crate) kind: Field,
    pub(crate) year: Field,
    pub(crate) verified: Field,
    pub(crate) number: Field,
    pub(crate) date: Field,
    pub(crate) document: Field,
    all: Words,
    people: Words,
    subject: Words,
    parent: Words,
}

impl Fields {
    pub(crate) fn new() -> Self {
        let mut builder = Schema::builder();
        // Texts come in as keys of sobo-text, whose words are parted by single spaces.
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("whitespace")
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let mut group = |name: &str| Words {
            exact: builder.add_text_field(&format!("{name}_exact"), words.clone()),
            spelled: builder.add_text_field(&format!("{name}_spelled"), words.clone()),
            folded: builder.add_text_field(&format!("{name}_folded"), words.clone()),
        };
        let (all, people, subject, parent) =
            (group("all"), group("people"), group("subject"), group("parent"));
        Self {
            entry_id: builder.add_text_field("entry_id", STRING | STORED),
            volume: builder.add_text_field("volume", STRING),
            office: builder.add_text_field("office", STRING),
            kind: builder.add_text_field("kind", STRING),
            year: builder.add_i64_field("year", INDEXED | FAST),
            verified: builder.add_bool_field("verified", INDEXED),
            number: builder.add_text_field("number", STRING),
            date: builder.add_text_field("date", STRING),
            document: builder.add_text_field("document", STORED),
            schema: builder.build(),
            all,
            people,
            subject,
            parent,
        }
    }

    /// The words a query of this scope looks at, narrowest first, each with its small bonus.
    pub(crate) fn scope(&self, scope: Scope) -> Vec<(Words, f32)> {
        match scope {
            Scope::Everything => {
                vec![(self.subject, 1.03), (self.parent, 1.02), (self.people, 1.01), (self.all, 1.0)]
            }
            Scope::People => vec![(self.subject, 1.03), (self.parent, 1.02), (self.people, 1.0)],
            Scope::Subject => vec![(self.subject, 1.0)],
            Scope::Parents => vec![(self.parent, 1.0)],
        }
    }

    /// An entry as the engine takes it.
    pub(crate) fn document(&self, document: &Document) -> serde_json::Result<TantivyDocument> {
        let mut out = TantivyDocument::default();
        out.add_text(self.entry_id, &document.entry_id);
        out.add_text(self.volume, &document.volume);
        for office in [&document.office, &document.custodian] {
            out.add_text(self.office, exact_key(office));
        }
        out.add_text(self.kind, document.register_type.as_str());
        if let Some(year) = document.year {
            out.add_i64(self.year, i64::from(year));
        }
        out.add_bool(self.verified, document.verified);
        if let Some(number) = &document.entry_number {
            out.add_text(self.number, number);
        }
        if let Some(date) = document.registration_date {
            self.add_date(&mut out, &date.to_string());
        }
        for field in &document.fields {
            self.add_words(&mut out, self.all, &field.text);
            if field.role != Role::Text {
                self.add_words(&mut out, self.people, &field.text);
            }
            match field.role {
                Role::Subject => self.add_words(&mut out, self.subject, &field.text),
                Role::Parent => self.add_words(&mut out, self.parent, &field.text),
                Role::Person | Role::Text => {}
            }
            if let Some(value) =
                field.value.as_deref().filter(|v| v.parse::<sobo_core::PartialDate>().is_ok())
            {
                self.add_date(&mut out, value);
            } else if let Some(value) = &field.value
                && value != &field.text
            {
                // What a ditto mark repeats is found too.
                self.add_words(&mut out, self.all, value);
            }
        }
        out.add_text(self.document, serde_json::to_string(document)?);
        Ok(out)
    }

    /// A date and the month and year it lies in, so that a partial date finds it.
    fn add_date(&self, out: &mut TantivyDocument, iso: &str) {
        for length in [4, 7, 10] {
            if let Some(part) = iso.get(..length) {
                out.add_text(self.date, part);
            }
        }
    }

    fn add_words(&self, out: &mut TantivyDocument, words: Words, text: &str) {
        let spelled = spelling_key(text);
        out.add_text(words.exact, exact_key(text));
        out.add_text(words.folded, folded_key(text));
        // Both with and without tones, that `hoang` finds Huỳnh and `Hoàng` finds it better.
        out.add_text(words.spelled, fold(&spelled));
        out.add_text(words.spelled, spelled);
    }
}
