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
    Request::builder()
        .uri("/models")
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
    for expected in ["neural:aaaa", "22,5 %", "5,0 %", "321", "tốt hơn hẳn", "/models/promote"] {
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
