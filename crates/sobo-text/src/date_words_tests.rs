#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use sobo_core::days_in_month;

use super::*;
use crate::number::NumberStyle;

fn day(year: i32, month: u8, day: u8) -> PartialDate {
    PartialDate::from_day(year, month, day).unwrap()
}

fn read(text: &str) -> Option<String> {
    read_date_words(text).map(|r| r.date.to_string())
}

const STYLES: [DateStyle; 4] = [
    DateStyle {
        numbers: NumberStyle::SOUTHERN,
        day_word: true,
        first_days: Some("mồng"),
        month_names: false,
    },
    DateStyle { numbers: NumberStyle::OFFICIAL, day_word: true, first_days: None, month_names: true },
    DateStyle {
        numbers: NumberStyle::NORTHERN,
        day_word: false,
        first_days: Some("mùng"),
        month_names: true,
    },
    DateStyle { numbers: NumberStyle::OFFICIAL, day_word: false, first_days: None, month_names: false },
];

#[test]
fn words_of_the_registers() {
    for (text, iso) in [
        ("Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt", "1971-05-12"),
        ("mồng tám tháng mười một năm một ngàn chín trăm năm mươi bốn, hồi 1 giờ sáng", "1954-11-08"),
        ("ba mươi tháng sáu năm hai ngàn", "2000-06-30"),
        ("bốn tháng chín năm hai nghìn không trăm lẻ một", "2001-09-04"),
        ("Ngày mười tám tháng tư năm hai nghìn không trăm mười một", "2011-04-18"),
        ("NGÀY MƯỜI LĂM THÁNG NĂM NĂM MỘT NGÀN CHÍN TRĂM BỐN MƯƠI LĂM", "1945-05-15"),
        ("ngày rằm tháng giêng năm một nghìn chín trăm ba mươi", "1930-01-15"),
        ("ngày 12 tháng 5 năm 1971", "1971-05-12"),
        ("năm một ngàn chín trăm ba mươi", "1930"),
        ("tháng năm năm một ngàn chín trăm ba mươi", "1930-05"),
        ("hăm ba tháng chạp năm một ngàn chín trăm sáu mươi", "1960-12-23"),
        ("douze mai mil neuf cent cinquante-quatre", "1954-05-12"),
        ("Le premier août mil neuf cent quarante", "1940-08-01"),
        ("L'an mil neuf cent cinquante-quatre, le douze mai", "1954-05-12"),
    ] {
        assert_eq!(read(text).as_deref(), Some(iso), "{text}");
    }
}

#[test]
fn errors_of_recognition() {
    for (text, iso) in [
        ("Ngay muoi hai thang nam nam mot ngan chin tram bay muoi mot", "1971-05-12"),
        ("Ngày mười bai thảng năm năm một ngàn chin trăm bảy mười mốt", "1971-05-12"),
        ("Ngày mườihai tháng năm năm mộtngàn chín trăm bảy mươi mốt", "1971-05-12"),
        ("ngày hai mươi mốt tháng nãm năm một ngàn chin trăm bẩy mươi mốt", "1971-05-21"),
        ("Ngày mư ời hai tháng năm năm một ngàn chín trăm bảy mươi mốt", "1971-05-12"),
        ("ngày mồng bảy tháng sáu nảm một ngàn chín trảm sáu mươi chím", "1969-06-07"),
        ("doure mai mil neuf cent cinquante quatrc", "1954-05-12"),
    ] {
        let reading = read_date_words(text).unwrap();
        assert_eq!(reading.date.to_string(), iso, "{text}");
        assert!(reading.penalty > 0.0 && reading.penalty < 0.3, "{text}: {reading:?}");
    }
}

#[test]
fn misread_words_are_put_right() {
    for (read, right) in [
        (
            "Ngày mười hai thảng năm năm một ngàn chin trăm bảy mươi mốt",
            "Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt",
        ),
        (
            "NGÀY MUỜI LĂM THÁNG NĂM NĂM MÔT NGÀN CHÍN TRĂM BỐN MUƠI LĂM",
            "NGÀY MƯỜI LĂM THÁNG NĂM NĂM MỘT NGÀN CHÍN TRĂM BỐN MƯƠI LĂM",
        ),
        (
            "mồng tắm tháng mười môt năm một ngàn chín trăm năm mưới bốn, hồi 1 giờ sáng",
            "mồng tám tháng mười một năm một ngàn chín trăm năm mươi bốn, hồi 1 giờ sáng",
        ),
    ] {
        assert_eq!(snap_date_words(read).as_deref(), Some(right));
    }
    for untouched in [
        "Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt",
        "Nguyễn Văn Ba",
        "douze mai mil neuf cent cinquante-quatre",
        "12/5/1971",
        "",
    ] {
        assert_eq!(snap_date_words(untouched), None, "{untouched}");
    }
}

#[test]
fn a_known_date_puts_more_words_right() {
    let read = "Nga mườl tám thááng tư năm bai nghin kbông trăm mười một";
    let date = day(2011, 4, 18);
    let right = "Ngày mười tám tháng tư năm hai nghìn không trăm mười một";
    assert_eq!(snap_date_words_to(read, date).as_deref(), Some(right));
    assert_eq!(snap_date_words_to(read, day(2011, 4, 14)), None);
    assert_eq!(snap_date_words_to(right, date), None);
}

#[test]
fn sureness_orders_readings() {
    let exact = read_date_words("Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt").unwrap();
    let toneless = read_date_words("Ngay muoi hai thang nam nam mot ngan chin tram bay muoi mot").unwrap();
    assert!(exact.sureness() > 0.9, "{exact:?}");
    assert!(exact.sureness() > toneless.sureness());
}

#[test]
fn no_date_is_made_up() {
    for text in [
        "",
        "Nguyễn Văn Ba",
        "số 90 đường Cô Giang, Sài-Gòn",
        "ba mươi hai tháng sáu năm hai ngàn",
        "Ba",
        "thợ may",
        "Kết hôn với Ngô Thế Tường ngày 19/07/1994 tại Sài-Gòn",
    ] {
        let reading = read_date_words(text);
        assert!(reading.is_none_or(|r| r.sureness() < 0.5), "{text}: {reading:?}");
    }
}

#[test]
fn every_day_from_1900_to_2030_goes_round_in_every_style() {
    for year in 1900..=2030 {
        for month in 1..=12 {
            for d in 1..=days_in_month(year, month) {
                let date = day(year, month, d);
                for style in STYLES {
                    let text = date_in_words(date, style);
                    let reading = read_date_words(&text).unwrap();
                    assert_eq!((reading.date, reading.penalty), (date, 0.0), "{text}");
                }
            }
        }
    }
}

#[test]
fn small_numbers_with_errors() {
    assert_eq!(read_number_words("ba mươi bốn").map(|r| r.0), Some(34));
    assert_eq!(read_number_words("ba muoi bon").map(|r| r.0), Some(34));
    assert_eq!(read_number_words("hai mươi lăm").map(|r| r.0), Some(25));
    assert_eq!(read_number_words("thợ may").map(|r| r.0), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn french_days_go_round(year in 1900i32..=2030, month in 1u8..=12, d in 1u8..=31) {
        prop_assume!(d <= days_in_month(year, month));
        let date = day(year, month, d);
        let text = french_date_in_words(date);
        prop_assert_eq!(read_date_words(&text).map(|r| r.date), Some(date), "{}", text);
    }

    #[test]
    fn dates_without_marks_are_read(year in 1900i32..=2030, month in 1u8..=12, d in 1u8..=28) {
        let text = crate::fold(&date_in_words(day(year, month, d), STYLES[0]));
        prop_assert_eq!(read_date_words(&text).map(|r| r.date), Some(day(year, month, d)), "{}", text);
    }

    #[test]
    fn nothing_breaks_it(text in "\\PC{0,60}") {
        let _ = read_date_words_ranked(&text);
    }
}
