#![allow(clippy::unwrap_used)]
use sha2::{Digest as _, Sha256};

use super::*;

#[test]
fn numbers_and_dates_ascend() {
    let fonts = test_fonts();
    for seed in 0..12 {
        let family = ["A", "B", "C", "D"][seed as usize % 4];
        let volume = Volume::draw(seed, &Wanted::family(family), &fonts).unwrap();
        let numbers = volume.numbers();
        assert!(numbers.windows(2).all(|w| (0..=4).contains(&(w[1] - w[0]))));
        let mut last = String::new();
        for page in 0..volume.pages.min(4) {
            for entry in volume.content(page).unwrap() {
                let date = entry.act.get("registration_date").and_then(|w| w.value.clone()).unwrap();
                assert!(last <= date, "{last} {date}");
                assert!(date.starts_with(&volume.year.to_string()), "{date} in {}", volume.year);
                last = date;
            }
        }
        let descriptor = volume.descriptor();
        assert_eq!(descriptor.closing.entries, Some(volume.entries() as u32));
        let text = toml::to_string(&descriptor).unwrap();
        assert_eq!(toml::from_str::<VolumeDescriptor>(&text).unwrap(), descriptor);
    }
}

#[test]
fn books_hold_what_clerks_leave_in_them() {
    let fonts = test_fonts();
    let (mut entries, mut notes, mut unknown, mut gaps, mut repeats) = (0, 0, 0, 0, 0);
    for seed in 0..60 {
        let volume = Volume::draw(seed, &Wanted::default(), &fonts).unwrap();
        for step in volume.numbers().windows(2) {
            gaps += usize::from(step[1] - step[0] > 1);
            repeats += usize::from(step[1] == step[0]);
        }
        for page in 0..volume.pages.min(3) {
            for entry in volume.content(page).unwrap() {
                entries += 1;
                notes += usize::from(entry.act.get("notes").is_some());
                unknown += usize::from(
                    ["father_name", "mother_name", "cause_of_death", "father_residence", "mother_birth_year"]
                        .iter()
                        .filter_map(|field| entry.act.get(field))
                        .any(|written| written.text.to_lowercase().starts_with("không")),
                );
            }
        }
    }
    assert!(entries > 200 && gaps > 5 && repeats > 3, "{entries} {gaps} {repeats}");
    assert!(notes * 10 > entries && notes * 2 < entries, "{notes} of {entries}");
    assert!(unknown > 5 && unknown * 5 < entries, "{unknown} of {entries}");

    // What only shows on the page: ditto marks, words struck out, fields left blank, notes in another hand.
    let (mut ditto, mut struck, mut blank, mut other_hand) = (0, 0, 0, 0);
    for seed in 100..124 {
        if ditto > 0 && struck > 0 && blank > 0 && other_hand > 0 {
            break;
        }
        let wanted = Wanted { ink: Some(Ink::Handwritten), ..Wanted::family(["B", "A"][seed as usize % 2]) };
        let volume = Volume::draw(seed, &wanted, &fonts).unwrap();
        let (sheet, entries) = volume.flat_page(0).unwrap();
        for (index, entry) in entries.iter().enumerate() {
            let own = |name: &str| sheet.fields.iter().find(|f| f.entry == index && f.name == name);
            let clerk = own("entry_number").map(|field| field.writer);
            other_hand += usize::from(own("notes").is_some_and(|field| Some(field.writer) != clerk));
            let items = volume.printing.items.iter().filter(|item| item.boxes.is_empty());
            blank += items
                .filter(|item| entry.act.get(&item.field).is_some() && own(&item.field).is_none())
                .count();
        }
        for field in &sheet.fields {
            struck += usize::from(field.struck.is_some());
            let text = field.written.text.trim_matches(['-', ' ']);
            ditto += usize::from(matches!(text, "nt" | "\"") && field.written.value.is_some());
        }
    }
    assert!(
        ditto > 0 && struck > 0 && blank > 0 && other_hand > 0,
        "ditto marks {ditto}, struck out {struck}, blank {blank}, notes in another hand {other_hand}"
    );
}

#[test]
fn acts_on_half_a_sheet_are_drawn_whole() {
    let fonts = test_fonts();
    for form in ["b-birth-half", "b-marriage-half", "b-death-half"] {
        for seed in 0..3 {
            let wanted = Wanted { form: Some(form.to_owned()), ..Wanted::family("B") };
            let volume = Volume::draw(seed, &wanted, &fonts).unwrap();
            let (sheet, entries) = volume.flat_page(0).unwrap();
            assert_eq!(entries.len(), 1);
            assert!(sheet.width * sheet.height < 6_000_000, "{} × {}", sheet.width, sheet.height);
            assert!(sheet.fields.len() > 9, "{form} {seed}: {} fields", sheet.fields.len());
            for line in sheet.fields.iter().flat_map(|field| &field.lines).chain(&sheet.printed) {
                let b = line.bbox;
                assert!(b.y >= 0.0 && b.y + b.h <= sheet.height as f32, "{form} {seed}: {} {b:?}", line.text);
            }
        }
    }
}

#[test]
fn a_page_is_a_function_of_its_seed_and_its_truth_parses() {
    let fonts = test_fonts();
    for (seed, level) in [(3, Level::Heavy), (4, Level::Medium)] {
        let draw = || {
            let volume = Volume::draw(seed, &Wanted::family("C"), &fonts).unwrap();
            volume.page(1, level, Capture::Scanner).unwrap()
        };
        let (one, two) = (draw(), draw());
        assert!(one.shot.image.as_raw() == two.shot.image.as_raw(), "pixels differ");
        assert_eq!(one.truth, two.truth);
        let json = serde_json::to_string(&one.truth).unwrap();
        let back: TruthPage = serde_json::from_str(&json).unwrap();
        assert_eq!(back, one.truth);
        for entry in &back.entries {
            for field in entry.fields.values() {
                assert!((0.0..=1.0).contains(&field.lost));
                let joined = field.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join(" ");
                assert_eq!(joined, field.text);
                assert!(field.bbox[0] + field.bbox[2] <= i64::from(back.size[0]));
            }
        }
    }
}

/// Digests change whenever what is drawn changes: then the samples are to be drawn anew too. They must not change with the
/// machine, the compiler or its options.
#[test]
fn a_page_is_the_same_on_every_machine() {
    let fonts = test_fonts();
    let digests = |form: &str, ink, capture| {
        let wanted = Wanted { form: Some(form.to_owned()), ink: Some(ink), ..Wanted::default() };
        let page = Volume::draw(31, &wanted, &fonts).unwrap().page(0, Level::Heavy, capture).unwrap();
        let truth = serde_json::to_string(&page.truth).unwrap();
        [page.shot.image.as_raw().as_slice(), truth.as_bytes()]
            .map(|bytes| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let found = [
        digests("b-birth-half", Ink::Handwritten, Capture::Phone),
        digests("a-death", Ink::Typed, Capture::Scanner),
    ];
    // Pixels, then truth.
    let stored = [
        [
            "5602c71b374a8707b3173e17ca6fb25b0758b9f9cbadd9115924db3f0e30a955",
            "c1fad4906458b04c29dfe0dd489f6c275e51a3c0f8a660f62fba776093fec667",
        ],
        [
            "b4d7155601f6db2ea20eecc6793caa732f4ca5e565e6a28b81afabd4f6c3a912",
            "a7a586c9d4a52828ad00c9d4a5b5ae4829c01ef08318a768730eb2855463de51",
        ],
    ];
    assert_eq!(found, stored);
}

#[test]
fn boxes_follow_the_warp_onto_the_ink() {
    let fonts = test_fonts();
    for (seed, family, capture) in
        [(6, "A", Capture::Phone), (7, "B", Capture::Scanner), (9, "D", Capture::Grey)]
    {
        let volume = Volume::draw(seed, &Wanted::family(family), &fonts).unwrap();
        let page = volume.page(0, Level::Light, capture).unwrap();
        let image = crate::decay::to_grey(&page.shot.image);
        let fields = page.truth.entries.iter().flat_map(|entry| entry.fields.values());
        let lines = fields.filter(|field| field.lost < 0.01).flat_map(|field| &field.lines);
        let (mut hits, mut all) = (0, 0);
        for [x, y, w, h] in lines.map(|line| line.bbox) {
            let inside: Vec<u8> = (y..y + h)
                .flat_map(|y| (x..x + w).map(move |x| (x, y)))
                .map(|(x, y)| image.get_pixel(x as u32, y as u32).0[0])
                .collect();
            let (dark, bright) = (inside.iter().min().unwrap(), inside.iter().max().unwrap());
            all += 1;
            hits += i32::from(bright - dark > 60);
        }
        // A stray blot or a very faint word is allowed, a shifted page is not.
        assert!(all > 5 && hits * 20 >= all * 19, "{family}: ink under {hits} of {all} boxes");
    }
}
