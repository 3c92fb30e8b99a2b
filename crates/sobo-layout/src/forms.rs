//! Forms as data: `pipelines/forms/*.toml`, checked when they are loaded.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sobo_core::Form;

use crate::matching::Wording;

/// Why a form cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// A folder or file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no form.
    #[error("{path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, key and reason.
        message: String,
    },
    /// A form contradicts itself.
    #[error("{path}: key `{key}`: {message}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The key at fault.
        key: String,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// A folder without forms.
    #[error("{path}: no form in this folder; a form is a file such as A-birth.toml")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// A form ready to be compared with pages.
#[derive(Debug, Clone)]
pub struct LoadedForm {
    /// The data.
    pub form: Form,
    /// sha256 of the file, hex: provenance of every reading.
    pub hash: String,
    pub(crate) wordings: Vec<Vec<Wording>>,
    /// Captions of the boxes of each field.
    pub(crate) boxes: Vec<Vec<Vec<Wording>>>,
    pub(crate) titles: Vec<Wording>,
    pub(crate) furniture: Vec<Wording>,
}

/// How a field's place is found; the values that `place` may hold in a form's file.
const PLACE_KEYS: &[(&str, &str)] = &[
    ("section", "a name that groups fields which are printed one after the other"),
    ("below", "words of `furniture` under which the value is written"),
    ("after", "the name of the field after which the unlabelled value is written"),
];

impl LoadedForm {
    /// Checks a form and prepares its labels; `path` is named in errors.
    ///
    /// # Errors
    /// When the text is no TOML, a key is unknown to [`Form`] or a value is out of range.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FormError> {
        let form: Form = toml::from_str(text).map_err(|e| FormError::Parse {
            path: path.to_owned(),
            message: e.to_string().trim().to_owned(),
        })?;
        let wrong = |key: String, message: String| FormError::Value { path: path.to_owned(), key, message };
        if path.file_stem().is_some_and(|stem| stem.to_string_lossy() != form.id) {
            return Err(wrong(
                "id".into(),
                format!("is `{}`; it must be the file's name without .toml", form.id),
            ));
        }
        if !["act", "ledger", "blocks"].contains(&form.layout.as_str()) {
            return Err(wrong("layout".into(), format!("is `{}`; write act, ledger or blocks", form.layout)));
        }
        if form.max_entries == 0 || form.max_entries > 200 {
            return Err(wrong("max_entries".into(), format!("is {}; write 1 to 200", form.max_entries)));
        }
        let mut names = BTreeSet::new();
        for field in &form.fields {
            let key = |part: &str| format!("field.{}.{part}", field.name);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if field.name.is_empty() || !field.name.chars().all(plain) {
                return Err(wrong(key("name"), "write English snake_case, such as child_name".into()));
            }
            if !names.insert(field.name.as_str()) {
                return Err(wrong(key("name"), "stands twice in the form; remove one".into()));
            }
            if field.labels.iter().any(|l| Wording::new(l).is_empty()) {
                return Err(wrong(key("labels"), "a label has no letters; remove it".into()));
            }
            for (name, value) in &field.place {
                let Some((_, meaning)) = PLACE_KEYS.iter().find(|(key, _)| key == name) else {
                    let known: Vec<&str> = PLACE_KEYS.iter().map(|(key, _)| *key).collect();
                    return Err(wrong(
                        key("place"),
                        format!("`{name}` is unknown; write one of {}", known.join(", ")),
                    ));
                };
                let ok = match name.as_str() {
                    "after" => form.fields.iter().any(|f| f.name == *value),
                    "below" => !Wording::new(value).is_empty(),
                    _ => !value.is_empty(),
                };
                if !ok {
                    return Err(wrong(
                        key(&format!("place.{name}")),
                        format!("is `{value}`; write {meaning}"),
                    ));
                }
            }
            if field.boxes.len() == 1 {
                return Err(wrong(key("boxes"), "one box is no choice; name every box of the group".into()));
            }
            for option in &field.boxes {
                if option.labels.is_empty() || option.labels.iter().any(|l| Wording::new(l).is_empty()) {
                    return Err(wrong(
                        key("boxes"),
                        "a box needs labels: the words printed beside it".into(),
                    ));
                }
                if option.value.trim().is_empty() {
                    return Err(wrong(key("boxes"), "a box needs a value, such as on_time or male".into()));
                }
            }
            if field.labels.is_empty()
                && field.boxes.is_empty()
                && !field.place.contains_key("below")
                && !field.place.contains_key("after")
            {
                return Err(wrong(
                    key("labels"),
                    "a field without labels needs place.below or place.after".into(),
                ));
            }
        }
        if form.fields.is_empty() {
            return Err(wrong("field".into(), "the form has no fields; add [[field]]".into()));
        }
        let prepare = |texts: &[String]| texts.iter().map(|t| Wording::new(t)).collect::<Vec<_>>();
        Ok(Self {
            wordings: form.fields.iter().map(|f| prepare(&f.labels)).collect(),
            boxes: form
                .fields
                .iter()
                .map(|f| f.boxes.iter().map(|option| prepare(&option.labels)).collect())
                .collect(),
            titles: prepare(&form.titles),
            furniture: prepare(&form.furniture),
            hash: hex(&Sha256::digest(text.as_bytes())),
            form,
        })
    }

    /// Reads one form.
    ///
    /// # Errors
    /// As [`LoadedForm::parse`], and when the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, FormError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| FormError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// The field's place of this kind, if the form gives one.
    pub(crate) fn place(&self, field: usize, key: &str) -> Option<&str> {
        self.form.fields.get(field)?.place.get(key).map(String::as_str)
    }
}

/// Reads all forms of a folder, in the order of their names.
///
/// # Errors
/// When the folder cannot be read or holds no form, and for the first form that is wrong.
pub fn load_forms(folder: &Path) -> Result<Vec<LoadedForm>, FormError> {
    let unreadable = |source| FormError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(FormError::Empty { path: folder.to_owned() });
    }
    paths.iter().map(|path| LoadedForm::load(path)).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const FORM: &str = r#"
id = "X-birth"
family = "X"
register_type = "birth"
layout = "act"
max_entries = 1
[[field]]
name = "child_name"
kind = "person_name"
labels = ["Họ và tên"]
"#;

    #[test]
    fn a_form_knows_its_labels_and_hash() {
        let form = LoadedForm::parse(FORM, Path::new("X-birth.toml")).unwrap();
        assert_eq!(form.wordings.len(), 1);
        assert_eq!(form.hash.len(), 64);
        assert_ne!(
            form.hash,
            LoadedForm::parse(&format!("{FORM}\n"), Path::new("X-birth.toml")).unwrap().hash
        );
    }

    #[test]
    fn errors_name_file_and_key() {
        let error = |from: &str, to: &str| {
            LoadedForm::parse(&FORM.replace(from, to), Path::new("X-birth.toml")).unwrap_err().to_string()
        };
        assert!(error("\"act\"", "\"heap\"").contains("X-birth.toml: key `layout`"));
        assert!(error("X-birth\"", "Y\"").contains("key `id`"));
        assert!(error("child_name", "Child Name").contains("snake_case"));
        assert!(error("[\"Họ và tên\"]", "[]").contains("place.below"));
        assert!(error("family", "familie").contains("family"));
        assert!(error("kind = \"person_name\"", "place = { left = \"1\" }").contains("`left` is unknown"));
    }
}
