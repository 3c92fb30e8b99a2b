//! The page of reading models: who decides what, and what the audit says of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use sobo_db::{NewLineSet, OfficeScope, VolumeDescription};
use sobo_verify::Role;

use super::tests::{Visitor, state, status, visitor};
use crate::AppState;

const SCOPE: &str = "office:Quận Nhứt";

fn post(path: &str, visitor: &Visitor, body: &str) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header(header::HOST, "sobo.test")
        .header(header::COOKIE, format!("sobo_session={}", visitor.token))
        .header("x-csrf", &visitor.csrf)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn get(visitor: &Visitor) -> Request<Body> {
    get_path("/models", visitor)
}

fn get_path(path: &str, visitor: &Visitor) -> Request<Body> {
    Request::builder()
        .uri(path)
        .header(header::HOST, "sobo.test")
        .header(header::COOKIE, format!("sobo_session={}", visitor.token))
        .body(Body::empty())
        .unwrap()
}

async fn with_model(state: &AppState, verdict: &str) {
    let text = "name = \"KS.1958.01\"\noffice = \"Quận Nhứt\"\nregister_type = \"birth\"\nyear_from = 1958\n";
    let descriptor = toml::from_str(text).unwrap();
    let description = VolumeDescription { descriptor: &descriptor, text, office_at_date: None };
    state.db.describe_volume("test", &description).await.unwrap();
    let set = NewLineSet {
        hash: "s1",
        scope: SCOPE,
        taught: 3,
        judging: 1,
        body: "{\"lines\":[]}",
        entries: &[],
        volumes: &[],
    };
    state.db.record_line_set("test", &set).await.unwrap();
    let compared = sobo_adapt::compare(
        &(0..40).map(|i| sobo_adapt::Pair { old: 4 + i % 2, new: 1, length: 20 }).collect::<Vec<_>>(),
    );
    let card = sobo_adapt::Card {
        model: "neural:aaaa".to_owned(),
        scope: Some(SCOPE.parse().unwrap()),
        set: "s1".to_owned(),
        terms: sobo_adapt::Terms { lines: 321, minutes: 4.5, ..Default::default() },
        judged: Some(sobo_adapt::Judged {
            against: "neural:bbbb".to_owned(),
            verified: compared.clone(),
            fixed: compared,
            unseen_volumes: true,
            confidence: sobo_adapt::Figures::default(),
            fields: sobo_adapt::FieldFigures {
                fields: 137,
                pages: 4,
                accepted: 0.625,
                ..sobo_adapt::FieldFigures::default()
            },
            verdict: sobo_adapt::Verdict::Better,
        }),
    };
    let card = serde_json::to_string(&card).unwrap();
    state.db.record_model("test", "neural:aaaa", SCOPE, "s1", "models/a", &card).await.unwrap();
    state.db.judge_model("test", "neural:aaaa", &card, verdict).await.unwrap();
}

#[tokio::test]
async fn a_supervisor_promotes_and_rolls_back_and_the_audit_knows_it() {
    let (_test, _folder, state) = state().await;
    with_model(&state, "better").await;
    let hai = visitor(&state, "hai", &[Role::Supervisor], OfficeScope::All).await;
    let (got, page) = status(&state, get(&hai)).await;
    assert_eq!(got, StatusCode::OK);
    for expected in [
        "neural:aaaa",
        "22,5 %",
        "5,0 %",
        "321",
        "62,5 %",
        "137 trường trên 4 trang",
        "tốt hơn hẳn",
        "/models/promote",
    ] {
        assert!(page.contains(expected), "{expected} is not on the page");
    }
    let (got, page) = status(&state, post("/models/promote", &hai, "subject=neural:aaaa&reason=")).await;
    assert_eq!(got, StatusCode::OK);
    assert!(page.contains("role=\"alert\""), "a promotion needs a reason");
    assert!(state.db.promoted().await.unwrap().is_empty());
    let (got, _) =
        status(&state, post("/models/promote", &hai, "subject=neural:aaaa&reason=tot&reread=1")).await;
    assert_eq!(got, StatusCode::SEE_OTHER);
    assert_eq!(state.db.promoted().await.unwrap()[0].model.as_deref(), Some("neural:aaaa"));
    let body = "subject=office%3AQu%E1%BA%ADn+Nh%E1%BB%A9t&reason=kem";
    assert_eq!(status(&state, post("/models/roll-back", &hai, body)).await.0, StatusCode::SEE_OTHER);
    assert_eq!(state.db.promoted().await.unwrap()[0].model, None);
    let history = state.db.promotions().await.unwrap();
    assert!(history.iter().all(|row| row.who == "hai"));
    assert_eq!(history.len(), 2);
}

#[tokio::test]
async fn what_is_not_better_or_not_one_s_own_cannot_be_promoted() {
    let (_test, _folder, state) = state().await;
    with_model(&state, "not_better").await;
    let all = visitor(&state, "all", &[Role::Administrator], OfficeScope::All).await;
    let (_, page) = status(&state, get(&all)).await;
    assert!(!page.contains("/models/promote"), "no button for what is not better");
    let (got, page) = status(&state, post("/models/promote", &all, "subject=neural:aaaa&reason=vi")).await;
    assert!(got == StatusCode::OK && page.contains("role=\"alert\""), "{got}");
    let other = OfficeScope::Only(vec!["Quận Nhì".to_owned()]);
    let other = visitor(&state, "other", &[Role::Supervisor], other).await;
    let (_, page) = status(&state, get(&other)).await;
    assert!(!page.contains("neural:aaaa") && !page.contains("Quận Nhứt"));
    let (got, _) = status(&state, post("/models/promote", &other, "subject=neural:aaaa&reason=vi")).await;
    assert_eq!(got, StatusCode::NOT_FOUND);
    let body = "office=Qu%E1%BA%ADn+Nh%E1%BB%A9t&allowed=1";
    assert_eq!(status(&state, post("/models/teaching", &other, body)).await.0, StatusCode::NOT_FOUND);
    assert!(state.db.teaching_offices().await.unwrap().is_empty());
    assert_eq!(status(&state, post("/models/teaching", &all, body)).await.0, StatusCode::SEE_OTHER);
    assert_eq!(state.db.teaching_offices().await.unwrap(), ["Quận Nhứt"]);
    let back = "office=Qu%E1%BA%ADn+Nh%E1%BB%A9t";
    assert_eq!(status(&state, post("/models/teaching", &all, back)).await.0, StatusCode::SEE_OTHER);
    assert!(state.db.teaching_offices().await.unwrap().is_empty());
}

/// A book of one page with three entries: sure, doubtful and typical, doubtful.
async fn with_entries(state: &AppState) -> (i64, Vec<i64>) {
    use sobo_core::{Entry, Field, Outcome, PageReading, Provenance, Rect, SCHEMA_VERSION};
    let text = "name = \"KS.1958.01\"\noffice = \"Quận Nhứt\"\nregister_type = \"birth\"\nyear_from = 1958\n";
    let descriptor = toml::from_str(text).unwrap();
    let description = VolumeDescription { descriptor: &descriptor, text, office_at_date: None };
    let volume = state.db.describe_volume("test", &description).await.unwrap();
    let pages = vec![sobo_db::NewPage { page_index: 0, width: None, height: None, dpi: Some(300.0) }];
    let handed = sobo_db::Handed::Taken { sha256: "ab".repeat(32), bytes: 1, pages };
    let intake =
        sobo_db::FileIntake { who: "kho", volume_id: volume.id, batch: "1", source: "001.jpg", handed };
    state.db.record_file(&intake).await.unwrap();
    let work = state.db.claim_pages("test", 60_000, 1, None).await.unwrap().remove(0);
    let entries = [(0.97, "Trần Văn Bá"), (0.3, "Lê Thị Tư"), (0.3, "Lê Thị Tư"), (0.31, "Ông Kỳ Quặc")];
    let entries = entries.iter().zip([0.0, 100.0, 200.0, 300.0]).map(|((confidence, text), y)| {
        let field = Field {
            text: (*text).to_owned(),
            bbox: Rect::new(0.0, y, 90.0, 20.0),
            confidence: *confidence,
            ..Field::default()
        };
        Entry { bbox: Rect::new(0.0, y, 90.0, 90.0), fields: [("child_name".to_owned(), field)].into() }
    });
    let reading = PageReading {
        schema_version: SCHEMA_VERSION,
        page: "001.jpg".to_owned(),
        page_index: 0,
        form: "A-birth".to_owned(),
        family: "A".to_owned(),
        register_type: Some(sobo_core::RegisterType::Birth),
        entries: entries.collect(),
        issues: Vec::new(),
        elapsed_ms: 1,
    };
    let completion = sobo_db::Completion {
        lease: &work.lease,
        outcome: &Outcome::Done,
        reading: Some(&reading),
        provenance: &Provenance { model: "test".to_owned(), ..Provenance::default() },
        size: None,
        dpi: None,
        elapsed_ms: 1,
    };
    state.db.complete_page("test", &completion).await.unwrap();
    crate::begin_new_records(state).await.unwrap();
    let entries = state.db.entries_of_page(work.page.id).await.unwrap();
    (volume.id, entries.iter().map(|entry| entry.head.id).collect())
}

#[tokio::test]
async fn the_queue_can_begin_with_what_teaches_most() {
    let (_test, _folder, state) = state().await;
    let (volume, entries) = with_entries(&state).await;
    let lan = visitor(&state, "lan", &[Role::Clerk], OfficeScope::All).await;
    let (got, page) = status(&state, get_path("/", &lan)).await;
    assert!(got == StatusCode::OK && page.contains("/work?step=entry&amp;order=teaching"), "{page}");
    let ask = |wanted: serde_json::Value| {
        let mut request = post("/api/work/next", &lan, &wanted.to_string());
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        request
    };
    let mut order = Vec::new();
    while order.len() < entries.len() {
        let wanted =
            serde_json::json!({ "volume": volume, "step": "entry", "order": "teaching", "except": order });
        let (got, body) = status(&state, ask(wanted)).await;
        assert_eq!(got, StatusCode::OK, "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        order.push(body["entry"].as_i64().or(body["id"].as_i64()).unwrap());
    }
    assert_eq!(order, [entries[1], entries[3], entries[2], entries[0]], "the second of a kind teaches less");
    // Everything is weighed: a server that follows has nothing left to do.
    assert!(!crate::weigh_a_volume(&state).await.unwrap());
}

#[tokio::test]
async fn a_week_in_which_the_machine_broke_its_promise_is_marked() {
    let (_test, _folder, state) = state().await;
    let (_, entries) = with_entries(&state).await;
    let hai = visitor(&state, "hai", &[Role::Supervisor], OfficeScope::All).await;
    let (_, page) = status(&state, get(&hai)).await;
    assert!(!page.contains("quá mức đã hứa"));
    // Offered as right, and changed by everybody who looked.
    for (entry, at) in entries.iter().zip(0..) {
        let start = sobo_verify::FieldStart {
            reading: Some(sobo_verify::Statement::of_text("Trần Văn Ba")),
            accepted: true,
            blind: true,
            required: true,
            carried: false,
        };
        let fields = [("child_name".to_owned(), start)].into();
        let record = sobo_db::NewRecord {
            entry_id: 1000 + entry,
            page_id: 1,
            volume_id: state.db.volumes().await.unwrap()[0].id,
            office: "Quận Nhứt".to_owned(),
            form: "A-birth".to_owned(),
            place: at,
            chain: sobo_verify::Chain::full(),
            draw: 0,
            sheet: sobo_verify::Sheet { fields, ..sobo_verify::Sheet::default() },
        };
        state.db.begin_records(&[record]).await.unwrap();
        let event = sobo_verify::Event::Submit {
            step: sobo_verify::StepKind::Entry,
            statements: [("child_name".to_owned(), sobo_verify::Statement::of_text("Khác hẳn"))].into(),
        };
        let clerk = sobo_verify::Actor::new(77, &[Role::Clerk]);
        let acted = state.db.act(1000 + entry, 0, event, &clerk, "lan").await.unwrap();
        assert!(matches!(acted, sobo_db::Acted::Done(_)), "{acted:?}");
    }
    let (_, page) = status(&state, get(&hai)).await;
    assert!(page.contains("quá mức đã hứa"), "{page}");
}
