//! The index from outside: equivalences of the domain, ranking, filters, replacing, rebuilding.
#![allow(clippy::unwrap_used)]

use sobo_core::{PartialDate, Rect, RegisterType};
use sobo_search::{
    DocField, Document, Index, MatchQuality, Query, Rebuild, Role, Scope, SearchError, Writer,
};
use unicode_normalization::UnicodeNormalization;

fn document(id: &str, fields: &[(&str, &str)]) -> Document {
    Document {
        entry_id: id.to_owned(),
        page_id: format!("page-{id}"),
        volume: "KS.1971.01".to_owned(),
        office: "Đô-thành Sài-Gòn, Quận Nhứt".to_owned(),
        custodian: "Phường Sài Gòn".to_owned(),
        register_type: RegisterType::Birth,
        year: Some(1971),
        registration_date: PartialDate::from_day(1971, 5, 21),
        entry_number: Some("1423".to_owned()),
        verified: false,
        bbox: Rect::new(0.0, 0.0, 1000.0, 1000.0),
        fields: fields
            .iter()
            .enumerate()
            .map(|(at, (name, text))| DocField {
                name: (*name).to_owned(),
                role: Role::of_field(name),
                text: (*text).to_owned(),
                value: None,
                bbox: Rect::new(10.0, 100.0 * at as f64, 500.0, 80.0),
            })
            .collect(),
    }
}

fn index(documents: &[Document]) -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let mut rebuild = Rebuild::begin(dir.path()).unwrap();
    for document in documents {
        rebuild.put(document).unwrap();
    }
    rebuild.finish("0").unwrap();
    let index = Index::open(dir.path()).unwrap();
    (dir, index)
}

fn found(index: &Index, query: &Query) -> Vec<String> {
    index.search(query).unwrap().hits.into_iter().map(|hit| hit.document.entry_id).collect()
}

fn strict(text: &str) -> Query {
    Query { prefix: false, fuzzy: false, ..Query::words(text) }
}

#[test]
fn equivalences_of_the_domain() {
    // What is written, and what a person types to find it. Neither prefixes nor fuzzy words help.
    let cases = [
        ("Phạm Văn Hoà", "Phạm Văn Hòa"),
        ("Phạm Văn Hòa", "Phạm Văn Hoà"),
        ("Lê Thị Thuỷ", "lê thị thủy"),
        ("nhà bảo sanh, Sài-Gòn", "Sai Gon"),
        ("tại Sài Gòn", "Sài-Gòn"),
        ("Huỳnh Văn Ba", "Hoàng Văn Ba"),
        ("Hoàng Văn Ba", "Huỳnh Văn Ba"),
        ("Huỳnh Văn Ba", "hoang van ba"),
        ("Hoàng Văn Ba", "huynh van ba"),
        ("Võ Thị Sáu", "Vũ Thị Sáu"),
        ("Vũ Thị Sáu", "vo thi sau"),
        ("khai sanh", "khai sinh"),
        ("Khai sinh", "khai sanh"),
        ("vợ chánh", "vợ chính"),
        ("Quận Nhứt", "quận nhất"),
        ("Nguyễn Nhơn", "Nguyễn Nhân"),
        ("bịnh viện", "bệnh viện"),
        ("bổn quốc", "bản quốc"),
        ("thơ ký", "thư ký"),
        ("Nguyễn Phước", "nguyễn phúc"),
        ("Lê Tòng", "Lê Tùng"),
        ("làm kiểng", "làm cảnh"),
        ("Đặng Đình Đức", "dang dinh duc"),
        ("ĐẶNG ĐÌNH ĐỨC", "đặng đình đức"),
        ("Lý Thường", "Lí Thường"),
        ("Lí Thường", "Lý Thường"),
        ("Nguyễn Thị Bưởi", "NGUYEN THI BUOI"),
    ];
    for (written, typed) in cases {
        let (_dir, index) = index(&[document("1", &[("child_name", written)])]);
        assert_eq!(found(&index, &strict(typed)), ["1"], "{typed} should find {written}");
        let decomposed: String = typed.nfd().collect();
        assert_eq!(found(&index, &strict(&decomposed)), ["1"], "{typed} decomposed");
    }
    let written: String = "Nguyễn Thị Bưởi".nfd().collect();
    let (_dir, index) = index(&[document("1", &[("child_name", &written)])]);
    assert_eq!(found(&index, &strict("Nguyễn Thị Bưởi")), ["1"]);
}

#[test]
fn other_words_are_not_found() {
    let (_dir, index) = index(&[document("1", &[("child_name", "Trần Văn Hoa")])]);
    for text in ["Trần Văn Hai", "Lê", "hoan", "Trân Minh"] {
        assert!(found(&index, &strict(text)).is_empty(), "{text}");
    }
}

#[test]
fn exact_ranks_above_spelling_above_folded_above_fuzzy() {
    let (_dir, index) = index(&[
        document("fuzzy", &[("child_name", "Trần Văn Hoàn")]),
        document("folded", &[("child_name", "Trần Văn Hoang")]),
        document("spelling", &[("child_name", "Trần Văn Huỳnh")]),
        document("exact", &[("child_name", "Trần Văn Hoàng")]),
    ]);
    assert_eq!(found(&index, &Query::words("Trần Văn Hoàng")), ["exact", "spelling", "folded", "fuzzy"]);
    // An exact word in a note still ranks above a folded one in the name the act is about.
    let (_dir, index) = self::index(&[
        document("folded", &[("child_name", "Trần Thị Hoà")]),
        document("exact", &[("notes", "Tran Thi Hoa")]),
        document("other", &[("notes", "Trần Thị Hoa")]),
    ]);
    assert_eq!(found(&index, &Query::words("Trần Thị Hoa")), ["other", "folded", "exact"]);
}

#[test]
fn together_ranks_above_scattered() {
    let (_dir, index) = index(&[
        document("scattered", &[("child_name", "Trần Ngọc Ba"), ("father_name", "Lê Văn Hai")]),
        document("together", &[("declarant_name", "Trần Văn Ba")]),
    ]);
    assert_eq!(found(&index, &Query::words("Trần Văn Ba")), ["together", "scattered"]);
}

#[test]
fn unfinished_and_misspelt_words() {
    let (_dir, index) = index(&[document("1", &[("child_name", "Nguyễn Thị Hường")])]);
    assert_eq!(found(&index, &Query::words("nguyen thi huo")), ["1"]);
    assert_eq!(found(&index, &Query::words("nguyem thi huong")), ["1"]);
    assert!(found(&index, &Query::words("ngwyem thi huong")).is_empty());
    // A finished word is no prefix.
    assert!(found(&index, &Query { fuzzy: false, ..Query::words("nguyen thi huo ") }).is_empty());
}

#[test]
fn the_fields_that_matched_are_named_with_their_boxes() {
    let (_dir, index) = index(&[document(
        "1",
        &[("child_name", "Huỳnh Thị Lan"), ("father_name", "Huỳnh Văn Ba"), ("birth_place", "Sài-Gòn")],
    )]);
    let results = index.search(&Query::words("Hoàng Văn Ba")).unwrap();
    let matched = &results.hits[0].matched;
    assert_eq!(matched[0].name, "father_name");
    assert_eq!((matched[0].words, matched[0].quality), (3, MatchQuality::Spelling));
    assert_eq!(matched[0].bbox, Rect::new(10.0, 100.0, 500.0, 80.0));
    assert_eq!(matched[1].name, "child_name");
    assert!(matched.iter().all(|field| field.name != "birth_place"));
}

#[test]
fn scopes_limit_the_fields() {
    let (_dir, index) = index(&[
        document("child", &[("child_name", "Lê Thị Mai"), ("father_name", "Lê Văn Ba")]),
        document("mother", &[("child_name", "Trần Văn Tư"), ("mother_name", "Lê Thị Mai")]),
        document("street", &[("child_name", "Trần Văn Năm"), ("birth_place", "đường Lê Thị Mai")]),
    ]);
    let within = |scope| found(&index, &Query { scope, ..Query::words("Lê Thị Mai") });
    assert_eq!(within(Scope::Everything), ["child", "mother", "street"]);
    assert_eq!(within(Scope::People), ["child", "mother"]);
    assert_eq!(within(Scope::Subject), ["child"]);
    assert_eq!(within(Scope::Parents), ["mother"]);
}

#[test]
fn filters() {
    let mut one = document("1", &[("child_name", "Lê Thị Mai")]);
    one.verified = true;
    one.fields.push(DocField {
        name: "birth_date".to_owned(),
        role: Role::Text,
        text: "12-5-71".to_owned(),
        value: Some("1971-05-12".to_owned()),
        bbox: Rect::default(),
    });
    let mut two = document("2", &[("deceased_name", "Lê Thị Mai")]);
    two.year = Some(1980);
    two.register_type = RegisterType::Death;
    two.office = "Quận 4".to_owned();
    two.custodian = "Phường Xóm Chiếu".to_owned();
    two.volume = "KT.1980.02".to_owned();
    two.entry_number = Some("7".to_owned());
    two.registration_date = None;
    let (_dir, index) = index(&[one, two]);
    let check = |query: Query, expected: &[&str]| assert_eq!(found(&index, &query), expected, "{query:?}");
    let mai = || Query::words("mai");
    check(mai(), &["1", "2"]);
    check(Query { year_from: Some(1975), ..mai() }, &["2"]);
    check(Query { year_from: Some(1971), year_to: Some(1971), ..mai() }, &["1"]);
    check(Query { kinds: vec![RegisterType::Death], ..mai() }, &["2"]);
    check(Query { kinds: vec![RegisterType::Death, RegisterType::Birth], ..mai() }, &["1", "2"]);
    check(Query { offices: vec!["quận 4".to_owned()], ..mai() }, &["2"]);
    check(Query { offices: vec!["Phường Sài Gòn".to_owned()], ..mai() }, &["1"]);
    check(Query { volumes: vec!["KT.1980.02".to_owned()], ..mai() }, &["2"]);
    check(Query { verified: Some(true), ..mai() }, &["1"]);
    check(Query { verified: Some(false), ..mai() }, &["2"]);
    check(Query { date: PartialDate::from_day(1971, 5, 12), ..mai() }, &["1"]);
    check(Query { date: PartialDate::from_month(1971, 5), ..mai() }, &["1"]);
    check(Query { date: PartialDate::from_day(1971, 5, 13), ..mai() }, &[]);
    check(Query { entry_number: Some("7".to_owned()), ..mai() }, &["2"]);
    check(Query::default(), &["1", "2"]);
    check(Query { limit: 1, offset: 1, ..mai() }, &["2"]);
    assert_eq!(index.search(&Query { limit: 1, ..mai() }).unwrap().total, 2);
}

#[test]
fn what_a_ditto_mark_repeats_is_found() {
    let mut row = document("1", &[("residence", "nt")]);
    row.fields[0].value = Some("12 đường Cô Giang".to_owned());
    let (_dir, index) = index(&[row]);
    let results = index.search(&Query::words("Cô Giang")).unwrap();
    assert_eq!(results.hits[0].matched[0].name, "residence");
}

#[test]
fn most_words_suffice_where_none_has_all() {
    let (_dir, index) = index(&[document("1", &[("child_name", "Lê Thị Mai"), ("birth_place", "Bến Tre")])]);
    let results = index.search(&Query::words("Lê Thị Mai Vĩnh Long")).unwrap();
    assert!(results.relaxed);
    assert_eq!(results.hits[0].document.entry_id, "1");
    assert!(index.search(&Query::words("Nguyễn Văn Tám Vĩnh Long")).unwrap().hits.is_empty());
}

#[test]
fn putting_twice_keeps_one() {
    let (dir, index) = index(&[document("1", &[("child_name", "Lê Thị Mai")])]);
    let mut writer = Writer::open(dir.path()).unwrap();
    for _ in 0..2 {
        writer.put(&document("1", &[("child_name", "Lê Thị Lan")])).unwrap();
        writer.put(&document("2", &[("child_name", "Trần Văn Ba")])).unwrap();
        writer.commit("17").unwrap();
    }
    index.refresh().unwrap();
    assert_eq!(index.count(), 2);
    assert!(found(&index, &strict("Mai")).is_empty());
    assert_eq!(found(&index, &strict("Lan")), ["1"]);
    assert_eq!(index.cursor().unwrap().as_deref(), Some("17"));
    writer.remove("1");
    writer.commit("18").unwrap();
    index.refresh().unwrap();
    assert_eq!(index.count(), 1);
}

#[test]
fn uncommitted_changes_are_not_seen_and_can_be_forgotten() {
    let (dir, index) = index(&[]);
    let mut writer = Writer::open(dir.path()).unwrap();
    writer.put(&document("1", &[("child_name", "Lê Thị Mai")])).unwrap();
    index.refresh().unwrap();
    assert_eq!(index.count(), 0);
    writer.rollback().unwrap();
    writer.commit("1").unwrap();
    index.refresh().unwrap();
    assert_eq!(index.count(), 0);
}

#[test]
fn there_is_one_writer() {
    let (dir, _index) = index(&[]);
    let _held = Writer::open(dir.path()).unwrap();
    assert!(matches!(Writer::open(dir.path()), Err(SearchError::WriterBusy(_))));
}

#[test]
fn rebuild_and_swap() {
    let (dir, index) = index(&[document("old", &[("child_name", "Lê Thị Mai")])]);
    let mut rebuild = Rebuild::begin(dir.path()).unwrap();
    rebuild.put(&document("new", &[("child_name", "Lê Thị Mai")])).unwrap();
    // The old generation answers until the swap, and until the reader is refreshed.
    assert_eq!(found(&Index::open(dir.path()).unwrap(), &Query::words("Mai")), ["old"]);
    rebuild.finish("99").unwrap();
    assert_eq!(found(&index, &Query::words("Mai")), ["old"]);
    index.refresh().unwrap();
    assert_eq!(found(&index, &Query::words("Mai")), ["new"]);
    assert_eq!(index.cursor().unwrap().as_deref(), Some("99"));
    // Many rebuilds leave at most the present and the one before.
    for _ in 0..3 {
        Rebuild::begin(dir.path()).unwrap().finish("").unwrap();
    }
    let folders =
        std::fs::read_dir(dir.path()).unwrap().filter(|item| item.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, 2);
}

#[test]
fn a_rebuild_cut_off_leaves_the_index_whole() {
    let (dir, _index) = index(&[document("old", &[("child_name", "Lê Thị Mai")])]);
    let mut rebuild = Rebuild::begin(dir.path()).unwrap();
    rebuild.put(&document("half", &[("child_name", "Lê Thị Mai")])).unwrap();
    drop(rebuild);
    assert_eq!(found(&Index::open(dir.path()).unwrap(), &Query::words("Mai")), ["old"]);
    let mut again = Rebuild::begin(dir.path()).unwrap();
    again.put(&document("new", &[("child_name", "Lê Thị Mai")])).unwrap();
    again.finish("").unwrap();
    assert_eq!(found(&Index::open(dir.path()).unwrap(), &Query::words("Mai")), ["new"]);
}

#[test]
fn missing_and_foreign_folders_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = Index::open(dir.path()).err().unwrap();
    assert!(matches!(&error, SearchError::Missing(_)));
    assert!(error.to_string().contains("rebuild"));
    std::fs::write(dir.path().join("CURRENT"), "../elsewhere").unwrap();
    assert!(matches!(Index::open(dir.path()), Err(SearchError::Missing(_))));
    std::fs::remove_file(dir.path().join("CURRENT")).unwrap();
    assert_eq!(Index::open_or_create(dir.path()).unwrap().count(), 0);
}

#[test]
fn odd_queries_break_nothing() {
    let (_dir, index) = index(&[document("1", &[("child_name", "Lê Thị Mai")])]);
    for text in ["", " ", "\"", "a AND b OR (", "*", "\u{0}", "🙂", "::::", "lê:mai", &"x".repeat(100_000)]
    {
        index.search(&Query::words(text)).unwrap();
    }
    assert_eq!(index.search(&Query { limit: 0, ..Query::words("mai") }).unwrap().hits.len(), 0);
    index.search(&Query { offset: usize::MAX, limit: usize::MAX, ..Query::words("mai") }).unwrap();
}
