//! Pages of labels made of their readings: what each slot is taken for, and where the values lie.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use sobo_core::{Reading, Rect, Restored};

use super::Slots;
use crate::anchor::{Anchor, AnchorPlace, AnchorRequest};
use crate::component::Component;
use crate::forms::LoadedForm;
use crate::line::{Slot, TextLine};
use crate::plan::EntryPlan;
use crate::structure::Structure;

/// Height of a letter on these pages, and its width.
const LETTER: (u32, u32) = (16, 10);

/// A stretch of ink: left edge, middle of its line, what is read in it.
type Ink<'a> = (u32, u32, &'a str);

fn structure(ink: &[Ink<'_>]) -> (Structure, Vec<Anchor>) {
    let (width, height) = (1240_usize, 1754_usize);
    let (mut lines, mut anchors, mut all) = (Vec::<TextLine>::new(), Vec::new(), Vec::new());
    for (x, y, text) in ink {
        let letter = |i: usize| {
            let x0 = x + LETTER.1 * i as u32;
            Component { x0, y0: y - LETTER.0 / 2, x1: x0 + LETTER.1 - 3, y1: y + LETTER.0 / 2, area: 50 }
        };
        let places = text.chars().enumerate().filter(|(_, c)| *c != ' ').map(|(i, _)| i);
        let components: Vec<Component> = places.map(letter).collect();
        let right = x + LETTER.1 * text.chars().count() as u32;
        let rect: Rect<Restored> =
            Rect::new((*x).into(), f64::from(y - 8), f64::from(right - x), LETTER.0.into());
        let slot = Slot { ink: rect, leader: None, unlabelled: false };
        let middle = f64::from(*y);
        let line = match lines.iter().position(|l| (l.bbox.centre().y - middle).abs() < 2.0) {
            Some(line) => line,
            None => {
                lines.push(TextLine {
                    bbox: rect,
                    band: (*y as f32 - 12.0, *y as f32 + 12.0),
                    limits: (0.0, width as f32),
                    slots: Vec::new(),
                    components: Vec::new(),
                    ruled: false,
                });
                lines.len() - 1
            }
        };
        all.extend(components.iter().copied());
        let row = &mut lines[line];
        row.bbox = row.bbox.union(&rect);
        row.components.extend(components);
        row.slots.push(slot);
        let place = AnchorPlace::Slot { line, slot: row.slots.len() - 1 };
        anchors.push(Anchor {
            request: AnchorRequest { rect, place },
            reading: Reading { text: (*text).to_owned(), ..Reading::default() },
        });
    }
    let structure = Structure {
        width: width as u32,
        height: height as u32,
        scale: 1.0,
        horizontals: Vec::new(),
        verticals: Vec::new(),
        tables: Vec::new(),
        lines,
        components: all,
        text_height: LETTER.0 as f32,
        dark: vec![0; width * height],
    };
    (structure, anchors)
}

/// A form of fields `name|section|labels`, labels parted by `/`.
fn form(layout: &str, fields: &[&str]) -> LoadedForm {
    let mut text = format!(
        "id = \"X\"\nfamily = \"X\"\nregister_type = \"birth\"\ntitles = [\"Khai sinh\"]\nlayout = \"{layout}\"\nmax_entries = 4\n"
    );
    for field in fields {
        let mut parts = field.split('|');
        let (name, section, labels) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let kind = if name == "notes" { "text" } else { "person_name" };
        text += &format!("[[field]]\nname = \"{name}\"\nkind = \"{kind}\"\nmax_lines = 4\n");
        if labels.is_empty() {
            text += &format!("place = {{ after = \"{section}\" }}\n");
        } else {
            let all: Vec<String> = labels.split('/').map(|label| format!("\"{label}\"")).collect();
            text += &format!("labels = [{}]\nplace = {{ section = \"{section}\" }}\n", all.join(", "));
        }
    }
    LoadedForm::parse(&text, Path::new("X.toml")).unwrap()
}

const BIRTH: &[&str] = &[
    "entry_number|head|Số",
    "child_name|child|Họ và tên",
    "ethnicity|child|Dân tộc",
    "father_name|father|Họ và tên cha",
    "father_ethnicity|father|Dân tộc",
    "father_occupation|father|Nghề nghiệp",
    "mother_name|mother|Họ và tên mẹ",
    "mother_ethnicity|mother|Dân tộc",
    "mother_occupation|mother|Nghề nghiệp",
    "notes|close|Ghi chú",
];

/// Left edge of the first line of a field, and the middle of its height; none where it has no value.
fn value(entry: &EntryPlan, name: &str) -> Option<(f64, f64)> {
    let line = entry.fields.iter().find(|f| f.name == name)?.lines.first()?;
    Some((line.x, line.centre().y))
}

/// One entry from `y` on, its labels at the left; `second` is the label of the father's name.
fn entry(y: u32, second: &'static str) -> Vec<Ink<'static>> {
    let rows = [
        ("Số:", "12"),
        ("Họ và tên:", "Lê An"),
        ("Dân tộc:", "Kinh"),
        (second, "Lê Ba"),
        ("Dân tộc:", "Hoa"),
        ("Nghề nghiệp:", "thợ"),
        ("Họ và tên mẹ:", "Vũ Tư"),
        ("Dân tộc:", "Tày"),
        ("Nghề nghiệp:", "y tá"),
    ];
    let ink = rows.iter().enumerate().flat_map(|(i, (label, written))| {
        let y = y + 40 * i as u32;
        [(100, y, *label), (300, y, *written)]
    });
    ink.collect()
}

#[test]
fn a_label_that_comes_again_is_that_of_the_next_person() {
    // What is said of the mother's name cannot be read at all.
    let mut ink = entry(100, "Họ và tên cha:");
    ink[12].2 = "#### ## ###";
    let (structure, anchors) = structure(&ink);
    let entries = Slots::new(&structure, &anchors).entries(&form("blocks", BIRTH));
    assert_eq!(entries.len(), 1);
    for (name, y) in [("ethnicity", 180.0), ("father_ethnicity", 260.0), ("mother_ethnicity", 380.0)] {
        assert!((value(&entries[0], name).unwrap().1 - y).abs() < 6.0, "{name}");
    }
    assert!((value(&entries[0], "mother_occupation").unwrap().1 - 420.0).abs() < 6.0);
}

#[test]
fn what_is_said_of_one_person_stands_in_any_order() {
    let mut ink = entry(100, "Họ và tên cha:");
    for at in [8, 14] {
        ink[at].2 = "Nghề nghiệp:";
        ink[at + 2].2 = "Dân tộc:";
    }
    let (structure, anchors) = structure(&ink);
    let entries = Slots::new(&structure, &anchors).entries(&form("blocks", BIRTH));
    for (name, y) in [("father_occupation", 260.0), ("mother_occupation", 380.0), ("mother_ethnicity", 420.0)]
    {
        assert!((value(&entries[0], name).unwrap().1 - y).abs() < 6.0, "{name}");
    }
}

#[test]
fn a_lost_label_stands_where_the_other_entry_of_the_page_has_it() {
    let mut ink = entry(100, "Họ và tên cha:");
    ink.extend(entry(700, "ten"));
    let (structure, anchors) = structure(&ink);
    let form = form("blocks", BIRTH);
    let alone = Slots::new(&structure, &anchors).entries(&form);
    assert_eq!(alone.len(), 2);
    assert_eq!(value(&alone[1], "father_name"), None);
    let slots = Slots::new(&structure, &anchors).with_siblings(&form);
    let together = slots.entries(&form);
    let (x, y) = value(&together[1], "father_name").unwrap();
    assert!((y - 820.0).abs() < 6.0 && x > 200.0, "the value, not what is left of the label: {x} {y}");
}

#[test]
fn seals_beside_and_below_a_note_are_not_its_lines() {
    let mut ink = entry(100, "Họ và tên cha:");
    ink.extend([
        (100, 460, "Ghi chú: Ly hôn theo án"),
        (110, 500, "của tòa án Gia Định"),
        (900, 470, "HỒ CHÍ MINH"),
        (820, 560, "UBND PHUONG"),
    ]);
    let (structure, anchors) = structure(&ink);
    let entries = Slots::new(&structure, &anchors).entries(&form("blocks", BIRTH));
    let notes = entries[0].fields.iter().find(|f| f.name == "notes").unwrap();
    assert_eq!(notes.lines.len(), 2, "{:?}", notes.lines);
    assert!(notes.lines.iter().all(|line| line.right() < 700.0), "{:?}", notes.lines);
}

const ACT: &[&str] = &[
    "entry_number|margin|Số hiệu",
    "margin_name|entry_number|",
    "groom_name|groom|Họ tên chồng",
    "groom_age|groom|Mấy tuổi",
    "groom_occupation|groom|Làm nghề gì",
    "groom_residence|groom|Cư ngụ tại",
    "groom_birth_place|groom|Sanh tại chỗ nào",
    "bride_name|bride|Họ tên vợ",
    "bride_age|bride|Mấy tuổi",
    "bride_occupation|bride|Làm nghề gì",
    "bride_residence|bride|Cư ngụ tại",
    "bride_birth_place|bride|Sanh tại chỗ nào",
];

#[test]
fn what_is_asked_of_two_people_makes_no_two_acts() {
    let labels = ["Họ tên chồng", "Mấy tuổi", "Làm nghề gì", "Cư ngụ tại", "Sanh tại chỗ nào"];
    let mut ink: Vec<Ink<'_>> = vec![(60, 60, "Số hiệu: 12")];
    for (person, name) in ["Họ tên chồng", "Họ tên vợ"].into_iter().enumerate() {
        for (i, label) in labels.iter().enumerate() {
            let y = 120 + 400 * person as u32 + 50 * i as u32;
            ink.push((400, y, if i == 0 { name } else { label }));
            ink.push((700, y, "viết"));
        }
    }
    let (structure, anchors) = structure(&ink);
    let entries = Slots::new(&structure, &anchors).entries(&form("act", ACT));
    assert_eq!(entries.len(), 1);
    assert!((value(&entries[0], "bride_age").unwrap().1 - 570.0).abs() < 6.0);
}

#[test]
fn a_name_under_the_number_is_read_there() {
    // It resembles a caption, and labels go on beside it.
    let ink = [
        (60, 60, "Số hiệu: 12"),
        (60, 110, "Dương Thị Yến"),
        (400, 200, "Họ tên chồng"),
        (700, 200, "Lê Ba"),
    ];
    let (structure, anchors) = structure(&ink);
    let entries = Slots::new(&structure, &anchors).entries(&form("act", ACT));
    assert!((value(&entries[0], "margin_name").unwrap().1 - 110.0).abs() < 6.0);
}
