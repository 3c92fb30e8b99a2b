//! Interface texts, from files: Vietnamese first, English second.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A language of the interface.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default)]
pub(crate) enum Language {
    #[default]
    Vietnamese,
    English,
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<Self> {
        match code {
            "vi" => Some(Self::Vietnamese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    fn table(self) -> &'static HashMap<String, String> {
        static VI: OnceLock<HashMap<String, String>> = OnceLock::new();
        static EN: OnceLock<HashMap<String, String>> = OnceLock::new();
        match self {
            Self::Vietnamese => VI.get_or_init(|| parse(include_str!("../texts/vi.toml"))),
            Self::English => EN.get_or_init(|| parse(include_str!("../texts/en.toml"))),
        }
    }

    /// The text of a key; the key itself where there is none (a test finds every missing one).
    pub(crate) fn text(self, key: &str) -> &str {
        match self.table().get(key) {
            Some(text) => text.as_str(),
            None => key,
        }
    }

    /// The text of a key, or `None`.
    pub(crate) fn find(self, key: &str) -> Option<&'static str> {
        self.table().get(key).map(String::as_str)
    }

    /// The texts the scripts of the entry screen use, as a JSON object.
    pub(crate) fn for_scripts(self) -> String {
        const PARTS: [&str; 9] =
            ["entry.", "action.", "note.", "step.", "stage.", "lacuna.", "sign_in.", "check.", "event."];
        let texts: std::collections::BTreeMap<&String, &String> =
            self.table().iter().filter(|(key, _)| PARTS.iter().any(|part| key.starts_with(part))).collect();
        // Inside a script element only `<` could end it.
        serde_json::to_string(&texts).unwrap_or_default().replace('<', "\\u003c")
    }
}

fn parse(text: &str) -> HashMap<String, String> {
    fn flatten(prefix: &str, table: &toml::Table, into: &mut HashMap<String, String>) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(inner) => flatten(&key, inner, into),
                toml::Value::String(text) => {
                    into.insert(key, text.clone());
                }
                _ => {}
            }
        }
    }
    let mut texts = HashMap::new();
    // The files are part of the program; a test parses them.
    if let Ok(table) = text.parse::<toml::Table>() {
        flatten("", &table, &mut texts);
    }
    texts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn keys(language: Language) -> BTreeSet<String> {
        language.table().keys().cloned().collect()
    }

    #[test]
    fn both_languages_say_everything() {
        let (vi, en) = (keys(Language::Vietnamese), keys(Language::English));
        assert!(vi.len() > 100, "the file was not parsed");
        assert_eq!(vi.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in English");
        assert_eq!(en.difference(&vi).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in Vietnamese");
    }

    /// Every rule that may contradict says so in words.
    #[test]
    fn every_cross_check_has_a_text() {
        let source = include_str!("../../sobo-extract/src/checks/mod.rs");
        let list = source.split("pub const RULES: &[&str] = &[").nth(1).unwrap().split("];").next().unwrap();
        let rules: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        assert!(rules.len() > 15, "{rules:?}");
        // These only support.
        let silent = ["book_number_repeated", "repeated"];
        let known = keys(Language::Vietnamese);
        let untold: Vec<&&str> = rules
            .iter()
            .filter(|rule| !silent.contains(rule) && !known.contains(&format!("check.{rule}")))
            .collect();
        assert_eq!(untold, Vec::<&&str>::new());
    }

    /// Every key written out in a template, a script or the Rust sources has a text.
    #[test]
    fn every_key_used_has_a_text() {
        let known = keys(Language::Vietnamese);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut missing = Vec::new();
        for (folder, openings) in
            [("templates", &["t(\""][..]), ("assets", &["t(\""][..]), ("src", &[".text(\""][..])]
        {
            for file in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
                let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
                for opening in openings {
                    for (at, _) in text.match_indices(opening) {
                        let before = text[..at].chars().next_back().unwrap_or(' ');
                        if before.is_alphanumeric() || before == '_' {
                            continue;
                        }
                        let key = text[at + opening.len()..].split('"').next().unwrap();
                        if key.contains('.') && !key.contains(['$', '{', ' ', '/']) && !known.contains(key) {
                            missing.push(format!("{}: {key}", file.file_name().display()));
                        }
                    }
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }
}
