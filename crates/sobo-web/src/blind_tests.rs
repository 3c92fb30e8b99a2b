//! The blind reader: nothing the server answers, at any address, tells what was read or keyed before.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use indexmap::IndexMap;
use serde_json::{Value, json};
use sobo_core::{
    Candidate, Check, CheckEffect, Entry, Field, Form, Original, Outcome, PageReading, Provenance, Rect,
    RegisterType, SCHEMA_VERSION,
};
use sobo_db::{Acted, Completion, FileIntake, Handed, NewPage, OfficeScope, VolumeDescription};
use sobo_verify::{Actor, Event, Role, Stage, Statement, StepKind};

use super::tests::{Visitor, state, status, visitor};
use crate::{AppState, FieldReader, PagePlace, SearchHit, SearchQuery, SearchResults, Searcher};

/// What the machine read, offered beside it, and what the clerk keyed: none of it may come out.
const SECRETS: [&str; 7] = [
    "Nguyễn Đọc Máy",
    "Nguyễn Đọc Khác",
    "Nguyễn Gõ Tay",
    "12/8/1948",
    "Lề Đọc Máy",
    "47110815",
    "1948-08-12",
];

/// Reads the same wherever it is asked.
struct Telling;

impl FieldReader for Telling {
    fn read_field(&self, _: &PagePlace, _: &str, _: &str, bbox: Rect<Original>) -> Result<Field, String> {
        Ok(Field { text: SECRETS[0].to_owned(), bbox, ..Field::default() })
    }

    fn read_entry(&self, _: &PagePlace, _: &str, _: Rect<Original>) -> Result<Entry, String> {
        Err("not asked".to_owned())
    }

    fn read_page(&self, _: &PagePlace, _: &str) -> Result<Vec<Entry>, String> {
        Err("not asked".to_owned())
    }
}

/// Finds the entry whatever is asked, as an index would that knows the name.
struct Found(i64);

impl Searcher for Found {
    fn search(&self, _: &SearchQuery) -> Result<SearchResults, String> {
        let field = Some("child_name".to_owned());
        Ok(SearchResults { total: 1, hits: vec![SearchHit { entry_id: self.0, field }] })
    }
}

fn form() -> Form {
    let field = |name: &str, kind: &str, blind: bool| {
        format!(
            "[[field]]\nname = \"{name}\"\nkind = \"{kind}\"\nblind = {blind}\nrequired = {blind}\ncaption_vi = \"{name}\"\ncaption_en = \"{name}\"\n"
        )
    };
    let text = format!(
        "id = \"A-birth\"\nfamily = \"A\"\nregister_type = \"birth\"\nlayout = \"blocks\"\nmax_entries = 1\n{}{}{}{}{}",
        field("entry_number", "number", true),
        field("child_name", "person_name", true),
        field("margin_name", "person_name", false),
        field("birth_date", "date", true),
        field("birth_place", "place", false),
    );
    toml::from_str(&text).unwrap()
}

fn read(text: &str, accepted: bool) -> Field {
    Field {
        text: text.to_owned(),
        bbox: Rect::new(10.0, 10.0, 200.0, 40.0),
        confidence: 0.9,
        accepted,
        reader: "test".to_owned(),
        candidates: vec![Candidate { text: SECRETS[1].to_owned(), probability: 0.2 }],
        checks: vec![Check {
            rule: "margin_name".to_owned(),
            effect: CheckEffect::Contradicts,
            other: Some("margin_name".to_owned()),
        }],
        ..Field::default()
    }
}

/// A page with one entry, entered and checked by `lan` and `minh`, that waits for its blind reading.
async fn waiting(state: &AppState) -> i64 {
    let text = "name = \"KS.1948.01\"\noffice = \"Quận Nhứt\"\nregister_type = \"birth\"\nyear_from = 1950\nclosing = { entries = 1 }\n";
    let descriptor = toml::from_str(text).unwrap();
    let description = VolumeDescription { descriptor: &descriptor, text, office_at_date: None };
    let volume = state.db.describe_volume("test", &description).await.unwrap();
    let handed = Handed::Taken { sha256: "ab".repeat(32), bytes: 1, pages: vec![NewPage::default()] };
    let intake = FileIntake { who: "test", volume_id: volume.id, batch: "1", source: "1.tif", handed };
    state.db.record_file(&intake).await.unwrap();
    let work = state.db.claim_pages("test", 60_000, 1, None).await.unwrap();
    let fields = [
        ("entry_number", read(SECRETS[5], true)),
        ("child_name", read(SECRETS[0], false)),
        ("margin_name", read(SECRETS[4], true)),
        ("birth_date", Field { value: Some(SECRETS[6].to_owned()), ..read(SECRETS[3], true) }),
        ("birth_place", Field { candidates: vec![], ..read("Bảo sanh viện Từ Dũ", true) }),
    ];
    let entry = Entry {
        bbox: Rect::new(0.0, 0.0, 900.0, 500.0),
        fields: fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect(),
    };
    let reading = PageReading {
        schema_version: SCHEMA_VERSION,
        page: "1.tif".to_owned(),
        page_index: 0,
        form: "A-birth".to_owned(),
        family: "A".to_owned(),
        register_type: Some(RegisterType::Birth),
        entries: vec![entry],
        issues: Vec::new(),
        elapsed_ms: 0,
    };
    let completion = Completion {
        lease: &work[0].lease,
        outcome: &Outcome::Done,
        reading: Some(&reading),
        provenance: &Provenance::default(),
        size: Some((1000, 1400)),
        dpi: Some(300.0),
        elapsed_ms: 1,
    };
    state.db.complete_page("test", &completion).await.unwrap();
    crate::begin_new_records(state).await.unwrap();
    let entry = state.db.entries_of_page(work[0].page.id).await.unwrap()[0].head.id;
    let keyed = |text: &str| IndexMap::from([("child_name".to_owned(), Statement::of_text(text))]);
    for (deeds, person, role, step) in
        [(0, 101, Role::Clerk, StepKind::Entry), (1, 102, Role::Checker, StepKind::Check)]
    {
        let event = Event::Submit { step, statements: keyed(SECRETS[2]) };
        let acted = state.db.act(entry, deeds, event, &Actor::new(person, &[role]), "x").await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }
    // Sent back once with a word that tells, and done again.
    let back = Event::Return { reason: format!("tên là {}", SECRETS[2]) };
    state.db.act(entry, 2, back, &Actor::new(103, &[Role::Checker]), "x").await.unwrap();
    for (deeds, person, role, step) in
        [(3, 101, Role::Clerk, StepKind::Entry), (4, 102, Role::Checker, StepKind::Check)]
    {
        let event = Event::Submit { step, statements: keyed(SECRETS[2]) };
        state.db.act(entry, deeds, event, &Actor::new(person, &[role]), "x").await.unwrap();
    }
    assert_eq!(state.db.record(entry).await.unwrap().1.stage(), Stage::Awaiting(StepKind::Blind));
    entry
}

fn ask(method: &Method, path: &str, visitor: &Visitor, body: &Value) -> Request<Body> {
    Request::builder()
        .method(method.clone())
        .uri(path)
        .header(header::HOST, "sobo.test")
        .header(header::COOKIE, format!("sobo_session={}", visitor.token))
        .header("x-csrf", &visitor.csrf)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(if *method == Method::GET { String::new() } else { body.to_string() }))
        .unwrap()
}

async fn office() -> (sobo_db::testing::TestDatabase, tempfile::TempDir, AppState, i64) {
    let (test, folder, mut state) = state().await;
    state.forms = Arc::new(BTreeMap::from([("A-birth".to_owned(), form())]));
    state.reader = Some(Arc::new(Telling));
    let entry = waiting(&state).await;
    state.searcher = Some(Arc::new(Found(entry)));
    (test, folder, state, entry)
}

#[tokio::test]
async fn no_address_tells_a_blind_reader_what_was_read_or_keyed() {
    let (_test, _folder, state, entry) = office().await;
    let hoa = visitor(&state, "hoa", &[Role::Checker], OfficeScope::All).await;
    let bbox = json!([10.0, 10.0, 200.0, 40.0]);
    let mut asked = vec![
        (Method::POST, "/api/work/next".to_owned(), json!({ "step": "blind" })),
        (Method::POST, format!("/api/entries/{entry}/take"), json!({})),
        (Method::POST, format!("/api/entries/{entry}/checks"), json!({ "fields": { "child_name": "A" } })),
    ];
    for field in ["child_name", "margin_name", "birth_place"] {
        let body = json!({ "field": field, "bbox": bbox });
        asked.push((Method::POST, format!("/api/entries/{entry}/reread"), body));
    }
    for search in ["q=nguyen+doc+may", "q=x&from=1948&to=1948", "kind=birth", "q=47110815"] {
        asked.push((Method::GET, format!("/search?{search}"), Value::Null));
    }
    // Every page there is, with this entry, its page and its volume.
    for route in super::table().into_iter().filter(|route| route.method == Method::GET) {
        for id in [entry, 1] {
            let path = route.path.replace("{id}", &id.to_string()).replace("{name}", "fields.csv");
            asked.push((Method::GET, path, Value::Null));
        }
    }
    let (mut told, mut answered) = (Vec::new(), 0);
    for (method, path, body) in &asked {
        let (got, text) = status(&state, ask(method, path, &hoa, body)).await;
        answered += usize::from(got == StatusCode::OK);
        // What was looked for stands in the field again.
        let text = text.replace("value=\"47110815\"", "");
        for secret in SECRETS {
            if text.contains(secret) {
                told.push(format!("{method} {path}: {secret}"));
            }
        }
        if path.starts_with("/search?") {
            assert!(!text.contains(&format!("/entries/{entry}")), "{path} finds the entry");
        }
    }
    assert_eq!(told, Vec::<String>::new());
    assert!(answered > 15, "{answered} of {} addresses answered", asked.len());

    // The same addresses tell the arbiter, or the test would prove nothing.
    let tuan = visitor(&state, "tuan", &[Role::Arbiter], OfficeScope::All).await;
    let (_, shown) =
        status(&state, ask(&Method::GET, &format!("/api/entries/{entry}"), &tuan, &Value::Null)).await;
    assert!(
        shown.contains(SECRETS[2]) && shown.contains(SECRETS[4]) && shown.contains(SECRETS[5]),
        "{shown}"
    );
    let (_, found) = status(&state, ask(&Method::GET, "/search?q=nguyen", &tuan, &Value::Null)).await;
    assert!(found.contains(SECRETS[2]), "{found}");
}

#[tokio::test]
async fn a_blind_reader_keys_what_matters_and_is_not_asked_what_would_tell() {
    let (_test, _folder, state, entry) = office().await;
    let hoa = visitor(&state, "hoa", &[Role::Checker], OfficeScope::All).await;
    let (got, text) =
        status(&state, ask(&Method::POST, "/api/work/next", &hoa, &json!({ "step": "blind" }))).await;
    assert_eq!(got, StatusCode::OK, "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    let field = |name: &str| {
        shown["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned().unwrap()
    };
    for name in ["entry_number", "child_name", "birth_date"] {
        assert_eq!((&field(name)["hidden"], &field(name)["open"]), (&json!(true), &json!(true)), "{name}");
        assert_eq!(field(name)["attention"], json!(true), "{name}");
    }
    assert_eq!(
        (&field("margin_name")["hidden"], &field("margin_name")["open"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(field("margin_name")["attention"], json!(false));
    assert_eq!(field("birth_place")["shown"]["text"], json!("Bảo sanh viện Từ Dũ"));
    let statements = json!({
        "entry_number": { "text": "47110815" }, "child_name": { "text": SECRETS[2] }, "birth_date": { "text": "12 8 48" },
    });
    let body = json!({ "step": "blind", "deeds": 5, "statements": statements });
    let (got, text) =
        status(&state, ask(&Method::POST, &format!("/api/entries/{entry}/submit"), &hoa, &body)).await;
    assert_eq!((got, text.contains("sign_off")), (StatusCode::OK, true), "{text}");
}

#[tokio::test]
async fn who_has_seen_the_values_in_any_way_is_refused_the_blind_reading() {
    for way in ["/api/entries/{id}", "/api/entries/{id}/history", "/search?q=nguyen"] {
        let (_test, _folder, state, entry) = office().await;
        // An arbiter sees the values; then the office makes a checker of the same person.
        let both = visitor(&state, "both", &[Role::Arbiter], OfficeScope::All).await;
        let path = way.replace("{id}", &entry.to_string());
        let (got, text) = status(&state, ask(&Method::GET, &path, &both, &Value::Null)).await;
        assert_eq!((got, text.contains(SECRETS[2])), (StatusCode::OK, true), "{way}: {text}");
        let viewed = state.db.audit_of(&format!("entry/{entry}")).await.unwrap();
        assert!(
            viewed.iter().any(|row| row.who == "both" && row.what == "entry.view"),
            "{way} is in the audit"
        );
        let account = state.db.account_by_login("both").await.unwrap().unwrap();
        state.db.change_account("test", account.id, &[Role::Checker], &OfficeScope::All, true).await.unwrap();
        // A change of roles ends the session: signed in again.
        let token = crate::session::token_hash(&both.token);
        state.db.open_session(&token, account.id, &both.csrf, true).await.unwrap();

        let next = ask(&Method::POST, "/api/work/next", &both, &json!({ "step": "blind" }));
        assert_eq!(status(&state, next).await.0, StatusCode::NO_CONTENT, "{way}");
        let take = ask(&Method::POST, &format!("/api/entries/{entry}/take"), &both, &json!({}));
        assert_eq!(status(&state, take).await.0, StatusCode::BAD_REQUEST, "{way}");
        // Nor by holding the entry without having been given it.
        let renew = ask(&Method::POST, "/api/renew", &both, &json!({ "entries": [entry] }));
        status(&state, renew).await;
        let body = json!({ "step": "blind", "deeds": 5, "statements": {
            "entry_number": { "text": "47110815" }, "child_name": { "text": SECRETS[2] }, "birth_date": { "text": "12/8/48" },
        } });
        let submit = ask(&Method::POST, &format!("/api/entries/{entry}/submit"), &both, &body);
        assert_eq!(status(&state, submit).await.0, StatusCode::BAD_REQUEST, "{way}");
    }
}

#[tokio::test]
async fn nobody_holds_an_entry_that_is_not_theirs_to_do() {
    let (_test, _folder, state, entry) = office().await;
    let lan = visitor(&state, "lan", &[Role::Clerk], OfficeScope::All).await;
    let renew = ask(&Method::POST, "/api/renew", &lan, &json!({ "entries": [entry] }));
    let (_, text) = status(&state, renew).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["lost"], json!([entry]));
    let hoa = visitor(&state, "hoa", &[Role::Checker], OfficeScope::All).await;
    let next = ask(&Method::POST, "/api/work/next", &hoa, &json!({ "step": "blind" }));
    assert_eq!(status(&state, next).await.0, StatusCode::OK, "it is free for her");
}
