//! A drafted form as the file a person goes on with: keys in a set order, doubts as comments where they belong.

use std::fmt::Write as _;

use sobo_layout::Draft;

/// The text of the form's file. `page` is the image it was drafted from.
pub(crate) fn form_text(draft: &Draft, page: &str) -> String {
    let form = &draft.form;
    let mut text = String::new();
    let mut put = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    put(format!(
        "# Drafted from {}. Lines that begin with «# ?» want a person's eye; delete them when seen.",
        plain(page)
    ));
    for (_, doubt) in draft.doubts.iter().filter(|(field, _)| field.is_empty()) {
        put(format!("# ? {}", plain(doubt)));
    }
    put(format!("id = {}", quoted(&form.id)));
    put(format!("family = {}", quoted(&form.family)));
    put(format!("register_type = {}", quoted(form.register_type.as_str())));
    put(format!("titles = {}", list(&form.titles)));
    put("# First and last year of use, where known: year_from = 1999, year_to = 2005".to_owned());
    put("# blocks (labelled lines, one or several entries), act (one entry with a margin set apart) or ledger (a ruled table, a row an entry)".to_owned());
    put(format!("layout = {}", quoted(&form.layout)));
    put(format!("max_entries = {}", form.max_entries));
    put("# Printed words that are no label of a field".to_owned());
    put(format!("furniture = {}", list(&form.furniture)));
    for field in &form.fields {
        put(String::new());
        put("[[field]]".to_owned());
        for (_, doubt) in draft.doubts.iter().filter(|(name, _)| *name == field.name) {
            put(format!("# ? {}", plain(doubt)));
        }
        put(format!("name = {}", quoted(&field.name)));
        put(format!("kind = {}", serde_json::to_string(&field.kind).unwrap_or_else(|_| quoted("text"))));
        put(format!("labels = {}", list(&field.labels)));
        put(format!("caption_vi = {}", quoted(&field.caption_vi)));
        put(format!("caption_en = {}", quoted(&field.caption_en)));
        for (key, value) in [("blind", field.blind), ("required", field.required)] {
            if value {
                put(format!("{key} = true"));
            }
        }
        if field.max_lines > 1 {
            put(format!("max_lines = {}", field.max_lines));
        }
        if !field.place.is_empty() {
            let mut place = String::new();
            for (key, value) in &field.place {
                let comma = if place.is_empty() { "" } else { ", " };
                let _ = write!(place, "{comma}{key} = {}", quoted(value));
            }
            put(format!("place = {{ {place} }}"));
        }
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", all.join(", "))
}

/// On one line, as a comment must be.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use sobo_core::{FieldKind, Form, FormField, RegisterType};
    use sobo_layout::{Draft, LoadedForm};

    use super::*;

    #[test]
    fn what_is_written_is_the_form_that_was_drafted() {
        let field = |name: &str, labels: &[&str]| FormField {
            name: name.to_owned(),
            kind: FieldKind::PersonName,
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
            caption_vi: "Họ \"tên\"".to_owned(),
            caption_en: "Name".to_owned(),
            blind: true,
            required: false,
            max_lines: 2,
            boxes: Vec::new(),
            place: [("section".to_owned(), "child".to_owned())].into_iter().collect(),
        };
        let form = Form {
            id: "E-birth".to_owned(),
            family: "E".to_owned(),
            register_type: RegisterType::Birth,
            titles: vec!["Khai sinh".to_owned()],
            year_from: None,
            year_to: None,
            layout: "blocks".to_owned(),
            max_entries: 4,
            settings: Default::default(),
            furniture: vec!["Chữ ký".to_owned()],
            fields: vec![field("child_name", &["Họ và tên", "a \\ b"]), field("la", &["lạ"])],
        };
        let doubts = vec![
            (String::new(), "no title\nwas seen".to_owned()),
            ("la".to_owned(), "«lạ» is unknown".to_owned()),
        ];
        let text = form_text(&Draft { form: form.clone(), doubts }, "trang 1.png");
        let again = LoadedForm::parse(&text, std::path::Path::new("E-birth.toml")).unwrap();
        assert_eq!(again.form, form);
        assert_eq!(text.matches("# ?").count(), 3, "{text}");
    }
}
