//! A small register for the tests of this folder.

use sobo_core::{
    Candidate, Check, CheckEffect, Entry, Field, Lacuna, Outcome, PageReading, Provenance, Rect,
    RegisterType, VolumeDescriptor,
};
use sobo_db::{Completion, Database, FileIntake, Handed, NewPage, Recorded, Volume, VolumeDescription, Work};

pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn descriptor(name: &str) -> VolumeDescriptor {
    let json = serde_json::json!({
        "name": name, "office": "Quận Nhứt", "custodian": "Phường Sài Gòn", "register_type": "birth",
        "number": "3", "year_from": 1971, "closing": { "pages": 4, "entries": 5 },
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) async fn volume(database: &Database, name: &str) -> Volume {
    let descriptor = descriptor(name);
    let description = VolumeDescription { descriptor: &descriptor, text: "name = …", office_at_date: None };
    database.describe_volume("lan", &description).await.unwrap()
}

pub(crate) fn sha256(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

pub(crate) fn taken(number: u8, pages: u32) -> Handed {
    let pages = (0..pages).map(|page_index| NewPage { page_index, ..NewPage::default() }).collect();
    Handed::Taken { sha256: sha256(number), bytes: 1000 + u64::from(number), pages }
}

pub(crate) async fn hand_in(database: &Database, volume_id: i64, source: &str, handed: Handed) -> Recorded {
    let intake = FileIntake { who: "lan", volume_id, batch: "hộp 3", source, handed };
    database.record_file(&intake).await.unwrap()
}

/// A volume with one file of `pages` pages.
pub(crate) async fn volume_of_pages(database: &Database, pages: u32) -> Volume {
    let volume = volume(database, "KS.1971.03").await;
    hand_in(database, volume.id, "0001.tif", taken(1, pages)).await;
    volume
}

pub(crate) async fn claim(database: &Database, owner: &str) -> Work {
    database.claim_pages(owner, MINUTE, 1, None).await.unwrap().pop().expect("a page waits")
}

pub(crate) fn provenance(model: &str) -> Provenance {
    Provenance {
        model: model.to_owned(),
        form: "form".to_owned(),
        print: String::new(),
        settings: "settings".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

pub(crate) fn entry(number: &str) -> Entry {
    let mut entry = Entry { bbox: Rect::new(10.0, 20.0, 300.0, 200.0), ..Entry::default() };
    let name = Field {
        text: "Nguyễn Thị Bé".to_owned(),
        bbox: Rect::new(40.0, 50.0, 120.0, 22.0),
        confidence: 0.75,
        reader: "neural:3f2a".to_owned(),
        candidates: vec![Candidate { text: "Nguyễn Thị Bê".to_owned(), probability: 0.25 }],
        checks: vec![Check {
            rule: "name_in_margin".to_owned(),
            effect: CheckEffect::Contradicts,
            other: Some("margin_name".to_owned()),
        }],
        lines: vec![Rect::new(40.0, 50.0, 120.0, 22.0)],
        ..Field::default()
    };
    let torn = Field { lacuna: Some(Lacuna::Torn), confidence: 0.5, accepted: true, ..Field::default() };
    let number = Field { text: number.to_owned(), confidence: 1.0, accepted: true, ..Field::default() };
    entry.fields.insert("entry_number".to_owned(), number);
    entry.fields.insert("child_name".to_owned(), name);
    entry.fields.insert("birth_place".to_owned(), torn);
    entry
}

pub(crate) fn reading(numbers: &[&str]) -> PageReading {
    PageReading {
        schema_version: 1,
        page: "0001.tif".to_owned(),
        page_index: 0,
        form: "act_1971_birth".to_owned(),
        family: "A".to_owned(),
        register_type: Some(RegisterType::Birth),
        entries: numbers.iter().map(|number| entry(number)).collect(),
        issues: vec![],
        elapsed_ms: 1234,
    }
}

/// Completes a page as read by `model`.
pub(crate) async fn complete(
    database: &Database,
    work: &Work,
    model: &str,
    numbers: &[&str],
) -> Result<sobo_db::Completed, sobo_db::DbError> {
    let completion = Completion {
        lease: &work.lease,
        outcome: &Outcome::Done,
        reading: Some(&reading(numbers)),
        provenance: &provenance(model),
        size: Some((2480, 3508)),
        dpi: Some(300.0),
        elapsed_ms: 1234,
    };
    database.complete_page("sobo", &completion).await
}
