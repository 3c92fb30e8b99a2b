//! Offices, addresses and birth places of a period.

use crate::random::Rng;

use super::tables::Tables;
use super::{Era, without_marks_if};

/// A registering office with the words its books and seals use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Header lines of the printed page, top to bottom.
    pub header: Vec<String>,
    /// The office on one line, as the truth gives it.
    pub name: String,
    /// Words around the seal.
    pub seal: Vec<String>,
    /// Where the office lies, as clerks write it after `tại`.
    pub place: String,
    /// District as written in addresses (`Bình Thạnh`, `5`, `Quận Năm`).
    pub district: String,
    /// Ward or commune, empty for old districts.
    pub ward: String,
    /// Chinese quarter: half of the people are Hoa.
    pub chinese: bool,
    /// A rural commune.
    pub rural: bool,
}

/// An office of the period.
pub fn office(rng: &mut Rng, tables: &Tables, era: Era, year: i32) -> Office {
    if era <= Era::Republic { old_office(rng, tables, era, year) } else { new_office(rng, tables, era) }
}

fn old_office(rng: &mut Rng, tables: &Tables, era: Era, year: i32) -> Office {
    let state: &[&str] = match year {
        _ if era == Era::French && year < 1948 => {
            &["GOUVERNEMENT DE LA COCHINCHINE", "COCHINCHINE FRANÇAISE", "INDOCHINE FRANÇAISE"]
        }
        _ if era == Era::French => &["ÉTAT DU VIET-NAM", "VIỆT-NAM QUỐC-GIA\u{a0}- ÉTAT DU VIET-NAM"],
        ..1948 => &["NAM-KỲ", "NAM-PHẦN VIỆT-NAM"],
        1948..=1955 => &["QUỐC-GIA VIỆT-NAM", "VIỆT-NAM QUỐC-GIA"],
        _ => &["VIỆT-NAM CỘNG-HÒA", "VIỆT-NAM CỘNG-HÒA", "VIỆT NAM CỘNG HÒA"],
    };
    let state = state[rng.below(state.len())].replace('\u{a0}', " ");
    let rural = rng.chance(0.3);
    let hyphen = rng.chance(0.75);
    let fix = |text: String| if hyphen { text } else { text.replace('-', " ") };
    if era == Era::French {
        let (province, place, chinese) = [
            ("VILLE DE SAIGON", "Saigon", false),
            ("RÉGION DE SAIGON-CHOLON", "Cholon", true),
            ("PROVINCE DE GIADINH", "Giadinh", false),
            ("VILLE DE CHOLON", "Cholon", true),
            ("PROVINCE DE CHOLON", "Cholon", true),
            ("PRÉFECTURE DE SAIGON-CHOLON", "Saigon", false),
        ][rng.below(6)];
        let village = without_marks_if(tables.localities.draw(rng, &["commune_old"]), true);
        let second = if province.starts_with("PROVINCE") {
            format!("VILLAGE DE {}", village.to_uppercase())
        } else {
            format!("{}{} QUARTIER", rng.between(1, 8), if rng.chance(0.5) { "e" } else { "ème" })
        };
        return Office {
            header: vec![state, province.to_owned(), second.clone()],
            name: format!("{province} - {second}"),
            seal: vec![province.to_owned(), second, "ÉTAT CIVIL".to_owned()],
            place: place.to_owned(),
            district: place.to_owned(),
            ward: String::new(),
            chinese,
            rural: province.starts_with("PROVINCE"),
        };
    }
    if rural {
        let commune = fix(tables.localities.draw(rng, &["commune_old"]).to_owned());
        let province = fix(["Gia-Định", "Chợ-Lớn", "Biên-Hòa", "Long-An", "Bình-Dương", "Hậu-Nghĩa"]
            [rng.weighted(&[8.0, 2.0, 1.0, 1.0, 0.6, 0.5])]
        .to_owned());
        let level = ["XÃ", "LÀNG"][usize::from(year < 1952 && rng.chance(0.6))];
        let first = format!("TỈNH {}", province.to_uppercase());
        let second = format!("{level} {}", commune.to_uppercase());
        return Office {
            name: format!("{first} - {second}"),
            seal: vec![first.replace('-', " "), second.replace('-', " "), "HỘ TỊCH".to_owned()],
            header: vec![state, first, second],
            place: commune.clone(),
            district: province,
            ward: commune,
            chinese: false,
            rural: true,
        };
    }
    let district = tables.localities.draw(rng, &["district_old"]).to_owned();
    let chinese = ["Quận Năm", "Quận Sáu", "Quận Mười Một", "Quận Bảy"].contains(&district.as_str());
    let first = fix(["ĐÔ-THÀNH SÀI-GÒN", "ĐÔ-THÀNH SAIGON", "ĐÔ-THÀNH SÀI-GÒN CHỢ-LỚN"]
        [rng.weighted(&[6.0, 1.5, if year < 1957 { 4.0 } else { 0.2 }])]
    .to_owned());
    let second = fix(format!(
        "{}{}",
        ["TÒA HÀNH-CHÁNH ", "", "HỘ-TỊCH ", "TÒA HÀNH-CHÁNH ĐÔ-THÀNH - "]
            [rng.weighted(&[4.0, 4.0, 1.5, 0.5])],
        district.to_uppercase()
    ));
    Office {
        name: format!("{first} - {second}"),
        seal: vec![first.replace('-', " "), second.replace('-', " "), "HỘ TỊCH".to_owned()],
        header: vec![state, first, second],
        place: fix("Sài-Gòn".to_owned()),
        district,
        ward: String::new(),
        chinese,
        rural: false,
    }
}

fn new_office(rng: &mut Rng, tables: &Tables, era: Era) -> Office {
    let rural = rng.chance(0.15);
    let (ward, district) = if rural {
        (
            format!("xã {}", tables.localities.draw(rng, &["commune_new"])),
            format!("huyện {}", tables.localities.draw(rng, &["rural_district"])),
        )
    } else {
        let district = tables.localities.draw(rng, &["district_new"]);
        (format!("phường {}", rng.between(1, 22)), format!("quận {district}"))
    };
    let chinese = ["quận 5", "quận 6", "quận 11"].contains(&district.as_str());
    let committee = ["ỦY BAN NHÂN DÂN", "UBND", "Ủy ban nhân dân", "ỦY BAN NHÂN DÂN CÁCH MẠNG"]
        [rng.weighted(&[6.0, 3.0, 1.5, if era == Era::Ledger { 0.8 } else { 0.0 }])];
    let upper =
        committee.chars().nth(1).is_some_and(char::is_uppercase) && committee != "UBND" || rng.chance(0.4);
    let case = |text: &str| if upper { text.to_uppercase() } else { text.to_owned() };
    let mut lines = vec![format!("{committee} {}", case(&ward)), case(&district)];
    if era >= Era::Blocks && rng.chance(0.5) || rng.chance(0.2) {
        lines.push(case("Thành phố Hồ Chí Minh"));
    }
    let header =
        if rng.chance(0.5) { vec![lines.join(if upper { " " } else { ", " })] } else { lines.clone() };
    Office {
        name: header.join(" "),
        header,
        seal: vec![
            format!("UBND {}", ward.to_uppercase()),
            district.to_uppercase(),
            ["TP. HỒ CHÍ MINH", "TP.HCM"][rng.below(2)].to_owned(),
        ],
        place: format!("{ward}, {district}"),
        district: district.trim_start_matches("quận ").trim_start_matches("huyện ").to_owned(),
        ward: ward.trim_start_matches("phường ").trim_start_matches("xã ").to_owned(),
        chinese,
        rural,
    }
}

/// How one writer puts addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AddressStyle {
    variant: usize,
    city: usize,
    number: usize,
    hyphen: bool,
}

impl AddressStyle {
    /// A style usual in `era`.
    pub(super) fn draw(rng: &mut Rng, era: Era) -> Self {
        Self {
            variant: rng.below(6),
            city: rng.below(6),
            number: rng.below(4),
            hyphen: era <= Era::Republic && rng.chance(0.7),
        }
    }
}

fn house_number(rng: &mut Rng) -> String {
    let base = if rng.chance(0.5) { rng.between(1, 199) } else { rng.between(1, 999) };
    let suffix =
        ["", "A", "B", "C", "Bis", "D", "E", "ter"][rng.weighted(&[30.0, 5.0, 5.0, 1.5, 2.0, 1.0, 0.7, 0.3])];
    match rng.weighted(&[5.0, 5.0, 1.2, 0.2]) {
        0 => format!("{base}{suffix}"),
        1 => format!("{base}/{}{suffix}", rng.between(1, 130)),
        2 => format!("{base}/{}/{}", rng.between(1, 60), rng.between(1, 40)),
        _ => format!("{base}/{}/{}/{}", rng.between(1, 40), rng.between(1, 20), rng.between(1, 9)),
    }
}

/// An address as this writer puts it; mostly near the office.
pub(super) fn address(
    rng: &mut Rng,
    tables: &Tables,
    era: Era,
    office: &Office,
    style: AddressStyle,
) -> String {
    match era {
        Era::French => french_address(rng, tables, office),
        Era::Republic => old_address(rng, tables, office, style),
        _ => new_address(rng, tables, era, office, style),
    }
}

fn french_address(rng: &mut Rng, tables: &Tables, office: &Office) -> String {
    if office.rural || rng.chance(0.25) {
        let village = without_marks_if(tables.localities.draw(rng, &["commune_old"]), rng.chance(0.7));
        return format!(
            "{}{village} ({})",
            ["village de ", ""][rng.below(2)],
            ["Giadinh", "Cholon", "Bienhoa", "Tanan"][rng.below(4)]
        );
    }
    let number = rng.between(1, 320);
    let street = tables.streets.draw(rng, &["french"]);
    match rng.below(3) {
        0 => format!("{number}, {street}, {}", office.place),
        1 => format!("{street} n° {number}"),
        _ => format!("n° {number} {street}, {}", office.place),
    }
}

fn old_address(rng: &mut Rng, tables: &Tables, office: &Office, style: AddressStyle) -> String {
    let fix = |text: &str| if style.hyphen { text.to_owned() } else { text.replace('-', " ") };
    if office.rural && rng.chance(0.7) || rng.chance(0.08) {
        let commune = if rng.chance(0.5) && office.rural {
            office.ward.clone()
        } else {
            tables.localities.draw(rng, &["commune_old"]).to_owned()
        };
        let province = ["Gia-Định", "Chợ-Lớn", "Long-An", "Gia-Định"][rng.below(4)];
        return match style.variant {
            0 | 1 => fix(&format!("Xã {commune}, {province}")),
            2 => fix(&format!("ấp {}, xã {commune}", rng.between(1, 9))),
            3 => fix(&format!("{commune} ({province})")),
            4 => fix(&format!("Ấp {} xã {commune}", ["Tây", "Đông", "Chợ", "Nhì", "Nhứt"][rng.below(5)])),
            _ => fix(&format!("{commune}, {province}")),
        };
    }
    let number = house_number(rng);
    let street = tables.streets.draw(rng, &["old"]);
    let way = ["đường", "hẻm", "bến", "cư xá"][rng.weighted(&[12.0, 1.0, 0.3, 0.2])];
    let lead = match style.number {
        0 => format!("số {number} {way} {street}"),
        1 => format!("{number} {way} {street}"),
        2 => format!("{number}, {way} {street}"),
        _ => format!("{number} {street}"),
    };
    let tail = match rng.weighted(&[5.0, 2.0, 2.0, 1.2, 0.5]) {
        0 => ", Sài-Gòn".to_owned(),
        1 => String::new(),
        2 if office.district.starts_with("Quận") => format!(", {}", office.district),
        3 => ", Chợ-Lớn".to_owned(),
        _ => format!(", {}", tables.localities.draw(rng, &["district_old"])),
    };
    let tail = match style.city {
        0 => tail.replace("Sài-Gòn", "Saigon"),
        1 => tail.replace("Sài-Gòn", "Sgòn").replace("Quận ", "Q. "),
        _ => tail,
    };
    fix(&format!("{lead}{tail}"))
}

fn new_address(rng: &mut Rng, tables: &Tables, era: Era, office: &Office, style: AddressStyle) -> String {
    if rng.chance(0.06) {
        let province = tables.localities.draw(rng, &["province_new"]);
        let commune = tables.localities.draw(rng, &["commune_new"]);
        return match rng.below(3) {
            0 => format!("xã {commune}, {province}"),
            1 => format!("{commune}, tỉnh {province}"),
            _ => province.to_owned(),
        };
    }
    if office.rural {
        let hamlet = rng.between(1, 9);
        return match style.variant {
            0 | 1 => format!("Ấp {hamlet}, xã {}, {}", office.ward, office.district),
            2 => format!("{} ấp {hamlet} xã {}", house_number(rng), office.ward),
            3 => format!("Tổ {}, ấp {hamlet}, xã {}", rng.between(1, 20), office.ward),
            _ => format!("ấp {hamlet}, {}, {}", office.ward, office.district),
        };
    }
    let near = rng.chance(0.6);
    let ward = if near { office.ward.clone() } else { rng.between(1, 22).to_string() };
    let district = if near || rng.chance(0.4) {
        office.district.clone()
    } else {
        tables.localities.draw(rng, &["district_new"]).to_owned()
    };
    let numbered = district.chars().all(|c| c.is_ascii_digit());
    let number = house_number(rng);
    let street = tables.streets.draw(rng, &["new"]);
    let lead = match style.number {
        0 => format!("{number} {street}"),
        1 => format!("số {number} {street}"),
        2 => format!("{number} đường {street}"),
        _ => format!("{number} {street}"),
    };
    let place = match style.variant {
        0 => format!("P.{ward}, Q.{}{district}", if numbered { "" } else { " " }),
        1 => format!("P{ward} Q{}{district}", if numbered { "" } else { "." }),
        2 => format!("phường {ward}, quận {district}"),
        3 => format!("P.{ward}, Q. {district}"),
        4 => format!("P. {ward}, Q. {district}"),
        _ => format!("Phường {ward}, Quận {district}"),
    };
    let city = if era == Era::Digital || rng.chance(0.45) {
        [", TP.HCM", ", TP. HCM", ", TP.HCM", ", TP. Hồ Chí Minh", ", Tp.HCM", ", thành phố Hồ Chí Minh"]
            [style.city]
    } else {
        ""
    };
    format!("{lead}, {place}{city}")
}

/// Where somebody was born or died: an institution, at home, a province.
pub(super) fn institution(rng: &mut Rng, tables: &Tables, era: Era, style: AddressStyle) -> String {
    let name = tables.hospitals.draw(rng, &[era.key()]).to_owned();
    let name = if style.variant == 1 && rng.chance(0.7) { name.replace("Bệnh viện", "BV") } else { name };
    match era {
        Era::French => format!("{name}{}", ["", ", Saigon", ", Cholon"][rng.below(3)]),
        Era::Republic => {
            let tail =
                ["", ", Sài-Gòn", ", Chợ-Lớn", ", đường Hùng Vương"][rng.weighted(&[4.0, 4.0, 1.5, 0.5])];
            let text = format!("{name}{tail}");
            if style.hyphen { text } else { text.replace('-', " ") }
        }
        _ => {
            let tail = if rng.chance(0.3) {
                [", TP.HCM", ", TP. HCM", ", Q.1", " TP.HCM"][style.city % 4]
            } else {
                ""
            };
            format!("{name}{tail}")
        }
    }
}

/// A province or town as a birth place or native place.
pub(super) fn province(rng: &mut Rng, tables: &Tables, era: Era) -> String {
    match era {
        Era::French => {
            without_marks_if(tables.localities.draw(rng, &["province_old"]), true).replace('-', "")
        }
        Era::Republic => tables.localities.draw(rng, &["province_old"]).to_owned(),
        _ if rng.chance(0.3) => {
            ["TP. Hồ Chí Minh", "TP.HCM", "Sài Gòn", "Thành phố Hồ Chí Minh"][rng.below(4)].to_owned()
        }
        _ => tables.localities.draw(rng, &["province_new"]).to_owned(),
    }
}
