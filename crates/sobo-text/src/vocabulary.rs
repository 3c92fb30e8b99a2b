//! The closed and nearly closed vocabularies of registers, as data with their normal forms.
//!
//! Wordings are an open set that real books will correct; each list maps what may be written to one normal form.

use crate::distance::weighted_distance;
use crate::fold::{exact_key, fold, spelling_key};

/// Sex as recorded.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sex {
    /// Nam, con trai, masculin.
    Male,
    /// Nữ, con gái, féminin.
    Female,
}

impl Sex {
    /// The identifier used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// One wording and its normal form.
pub type Term = (&'static str, &'static str);

/// Wordings of sex.
pub const SEXES: &[Term] = &[
    ("Nam", "male"),
    ("Trai", "male"),
    ("Con trai", "male"),
    ("Nam giới", "male"),
    ("Đàn ông", "male"),
    ("Phái nam", "male"),
    ("Masculin", "male"),
    ("Garçon", "male"),
    ("Nữ", "female"),
    ("Gái", "female"),
    ("Con gái", "female"),
    ("Nữ giới", "female"),
    ("Đàn bà", "female"),
    ("Phái nữ", "female"),
    ("Féminin", "female"),
    ("Fille", "female"),
];

/// Wordings of the kind of registration.
pub const REGISTRATION_TYPES: &[Term] = &[
    ("Đúng hạn", "on_time"),
    ("Đúng thời hạn", "on_time"),
    ("Trong hạn", "on_time"),
    ("Quá hạn", "late"),
    ("Trễ hạn", "late"),
    ("Trễ", "late"),
    ("Khai trễ", "late"),
    ("Khai trễ hạn", "late"),
    ("Đăng ký quá hạn", "late"),
    ("Đăng ký đúng hạn", "on_time"),
    ("Đăng ký lại", "again"),
    ("Đăng kí lại", "again"),
    ("Lại", "again"),
];

/// The 54 peoples of Vietnam and the names registers use for them.
#[rustfmt::skip]
pub const ETHNIC_GROUPS: &[Term] = &[
    ("Kinh", "Kinh"), ("Việt", "Kinh"), ("Việt Nam", "Kinh"), ("VN", "Kinh"), ("Tày", "Tày"), ("Thổ", "Thổ"),
    ("Thái", "Thái"), ("Hoa", "Hoa"), ("Tàu", "Hoa"), ("Trung Hoa", "Hoa"), ("Hán", "Hoa"), ("Minh Hương", "Hoa"),
    ("Khmer", "Khmer"), ("Khơ Me", "Khmer"), ("Khơ-me", "Khmer"), ("Khơ me", "Khmer"), ("Miên", "Khmer"),
    ("Cao Miên", "Khmer"), ("Mường", "Mường"), ("Nùng", "Nùng"), ("Hmông", "Mông"), ("H'Mông", "Mông"),
    ("Mông", "Mông"), ("Mèo", "Mông"), ("Dao", "Dao"), ("Gia Rai", "Gia Rai"), ("Jarai", "Gia Rai"),
    ("Ê Đê", "Ê Đê"), ("Ê-đê", "Ê Đê"), ("Rhadé", "Ê Đê"), ("Ba Na", "Ba Na"), ("Bahnar", "Ba Na"),
    ("Sán Chay", "Sán Chay"), ("Cao Lan", "Sán Chay"), ("Chăm", "Chăm"), ("Chàm", "Chăm"), ("Cơ Ho", "Cơ Ho"),
    ("K'Ho", "Cơ Ho"), ("Xơ Đăng", "Xơ Đăng"), ("Sán Dìu", "Sán Dìu"), ("Hrê", "Hrê"), ("Ra Glai", "Ra Glai"),
    ("Raglai", "Ra Glai"), ("Mnông", "Mnông"), ("M'Nông", "Mnông"), ("Xtiêng", "Xtiêng"), ("Stiêng", "Xtiêng"),
    ("Bru - Vân Kiều", "Bru - Vân Kiều"), ("Bru", "Bru - Vân Kiều"), ("Vân Kiều", "Bru - Vân Kiều"),
    ("Khơ Mú", "Khơ Mú"), ("Cơ Tu", "Cơ Tu"), ("Giáy", "Giáy"), ("Tà Ôi", "Tà Ôi"), ("Mạ", "Mạ"), ("Giẻ Triêng", "Gié Triêng"),
    ("Gié Triêng", "Gié Triêng"), ("Co", "Co"), ("Chơ Ro", "Chơ Ro"), ("Châu Ro", "Chơ Ro"), ("Xinh Mun", "Xinh Mun"),
    ("Hà Nhì", "Hà Nhì"), ("Chu Ru", "Chu Ru"), ("Lào", "Lào"), ("La Chí", "La Chí"), ("Kháng", "Kháng"), ("Phù Lá", "Phù Lá"),
    ("La Hủ", "La Hủ"), ("La Ha", "La Ha"), ("Pà Thẻn", "Pà Thẻn"), ("Lự", "Lự"), ("Ngái", "Ngái"), ("Chứt", "Chứt"),
    ("Lô Lô", "Lô Lô"), ("Mảng", "Mảng"), ("Cơ Lao", "Cơ Lao"), ("Bố Y", "Bố Y"), ("Cống", "Cống"), ("Si La", "Si La"),
    ("Pu Péo", "Pu Péo"), ("Rơ Măm", "Rơ Măm"), ("Brâu", "Brâu"), ("Ơ Đu", "Ơ Đu"),
];

/// Nationalities.
#[rustfmt::skip]
pub const NATIONALITIES: &[Term] = &[
    ("Việt Nam", "Việt Nam"), ("Việt-Nam", "Việt Nam"), ("VN", "Việt Nam"), ("V.N", "Việt Nam"), ("V.N.", "Việt Nam"),
    ("Việt", "Việt Nam"), ("Vietnamienne", "Việt Nam"), ("Annamite", "Việt Nam"), ("VNCH", "Việt Nam"),
    ("Việt Nam Cộng Hòa", "Việt Nam"), ("Trung Quốc", "Trung Quốc"), ("Trung Hoa", "Trung Quốc"),
    ("Tàu", "Trung Quốc"), ("Chinoise", "Trung Quốc"), ("Đài Loan", "Đài Loan"), ("Pháp", "Pháp"),
    ("Française", "Pháp"), ("Mỹ", "Hoa Kỳ"), ("Hoa Kỳ", "Hoa Kỳ"), ("Campuchia", "Campuchia"),
    ("Cam-pu-chia", "Campuchia"), ("Cao Miên", "Campuchia"), ("Cambodgienne", "Campuchia"), ("Lào", "Lào"),
    ("Ai Lao", "Lào"), ("Thái Lan", "Thái Lan"), ("Ấn Độ", "Ấn Độ"), ("Indienne", "Ấn Độ"), ("Nhật", "Nhật Bản"),
    ("Nhật Bản", "Nhật Bản"), ("Hàn Quốc", "Hàn Quốc"), ("Đại Hàn", "Hàn Quốc"), ("Anh", "Anh"), ("Úc", "Úc"),
    ("Ca-na-đa", "Canada"), ("Canada", "Canada"), ("Đức", "Đức"), ("Singapore", "Singapore"), ("Malaysia", "Malaysia"),
    ("Nga", "Nga"), ("Liên Xô", "Liên Xô"),
];

/// Kinship of the informant and standing of the mother.
#[rustfmt::skip]
pub const RELATIONS: &[Term] = &[
    ("Cha", "father"), ("Cha ruột", "father"), ("Cha đẻ", "father"), ("Bố", "father"), ("Ba", "father"),
    ("Père", "father"), ("Mẹ", "mother"), ("Mẹ ruột", "mother"), ("Mẹ đẻ", "mother"), ("Má", "mother"),
    ("Mère", "mother"), ("Ông nội", "paternal_grandfather"), ("Bà nội", "paternal_grandmother"),
    ("Ông ngoại", "maternal_grandfather"), ("Bà ngoại", "maternal_grandmother"), ("Ông", "grandfather"),
    ("Bà", "grandmother"), ("Chú", "uncle"), ("Bác", "uncle"), ("Cậu", "uncle"), ("Dượng", "uncle"), ("Cô", "aunt"),
    ("Dì", "aunt"), ("Mợ", "aunt"), ("Thím", "aunt"), ("Anh", "brother"), ("Anh ruột", "brother"), ("Em", "sibling"),
    ("Em ruột", "sibling"), ("Chị", "sister"), ("Chị ruột", "sister"), ("Con", "child"), ("Con ruột", "child"),
    ("Con trai", "son"), ("Con gái", "daughter"), ("Con rể", "son_in_law"), ("Con dâu", "daughter_in_law"),
    ("Cháu", "grandchild"), ("Cháu ruột", "grandchild"), ("Vợ", "wife"), ("Chồng", "husband"), ("Cô mụ", "midwife"),
    ("Bà mụ", "midwife"), ("Nữ hộ sinh", "midwife"), ("Hàng xóm", "neighbour"), ("Người quen", "acquaintance"),
    ("Vợ chánh", "first_rank_wife"), ("Vợ chính", "first_rank_wife"), ("Chánh thê", "first_rank_wife"),
    ("Femme de 1er rang", "first_rank_wife"), ("Vợ thứ", "second_rank_wife"), ("Femme de 2e rang", "second_rank_wife"),
];

/// Occupations met in registers, in the spelling of their time: a word list, never a closed set.
#[rustfmt::skip]
pub const OCCUPATIONS: &[&str] = &[
    "làm ruộng", "làm rẫy", "làm vườn", "làm mướn", "làm thuê", "buôn bán", "mua bán", "nội trợ", "thợ may", "thợ máy",
    "thợ hồ", "thợ mộc", "thợ nề", "thợ bạc", "thợ điện", "thợ tiện", "thợ hàn", "thợ giày", "thợ hớt tóc",
    "thợ uốn tóc", "thợ nhuộm", "thợ in", "thợ sơn", "thợ rèn", "thơ ký", "thư ký", "công chức", "công nhân",
    "công nhân viên", "viên chức", "tư chức", "giáo viên", "giáo sư", "giáo học", "học sinh", "sinh viên", "bác sĩ",
    "y sĩ", "y tá", "dược sĩ", "nữ hộ sinh", "cô mụ", "kỹ sư", "luật sư", "quân nhân", "binh sĩ", "hạ sĩ", "trung sĩ",
    "thượng sĩ", "cảnh sát viên", "cảnh sát", "công an", "bộ đội", "cán bộ", "tài xế", "lái xe", "lơ xe", "phu xe",
    "đạp xích lô", "thủy thủ", "ngư phủ", "đánh cá", "chài lưới", "lao động", "lao động phổ thông", "nông dân",
    "thương gia", "thương nghiệp", "nghề tự do", "tự do", "hưu trí", "già", "thất nghiệp", "nhà văn", "ký giả",
    "nhạc sĩ", "họa sĩ", "thầy thuốc", "thầy giáo", "cô giáo", "tu sĩ", "linh mục", "xã viên", "kế toán", "thủ quỹ",
    "bảo vệ", "phục vụ", "bồi bếp", "đầu bếp", "giặt ủi", "thợ thuyền", "tiểu thương", "kinh doanh",
    "làm nông", "không nghề", "còn nhỏ",
];

/// Short forms of address and office words: short form (lower case, without dots) → full form.
pub const ABBREVIATIONS: &[Term] = &[
    ("vn", "Việt Nam"),
    ("tphcm", "Thành phố Hồ Chí Minh"),
    ("hcm", "Hồ Chí Minh"),
    ("tp", "Thành phố"),
    ("sg", "Sài Gòn"),
    ("p", "phường"),
    ("q", "quận"),
    ("h", "huyện"),
    ("x", "xã"),
    ("t", "tỉnh"),
    ("kp", "khu phố"),
    ("đ", "đường"),
    ("bv", "bệnh viện"),
    ("nbs", "nhà bảo sanh"),
    ("ubnd", "Ủy ban nhân dân"),
    ("cmnd", "chứng minh nhân dân"),
    ("cccd", "căn cước công dân"),
    ("qđ", "quyết định"),
    ("ks", "khai sinh"),
    ("kt", "khai tử"),
    ("kh", "kết hôn"),
    ("đkkh", "đăng ký kết hôn"),
];

/// An address with its short forms written out (`P.12, Q.4, TP.HCM` → `phường 12, quận 4, Thành phố Hồ Chí Minh`):
/// for comparing and searching, never for the record. House numbers (`28A`, `5/3Bis`) are left alone.
pub fn expand_abbreviations(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for piece in text.split_inclusive([' ', ',', ';']) {
        let body = piece.trim_end_matches([' ', ',', ';']);
        let tail = &piece[body.len()..];
        out.push_str(&expand_word(body));
        out.push_str(tail);
    }
    out
}

fn expand_word(word: &str) -> String {
    let bare: String = word.chars().filter(|c| *c != '.').flat_map(char::to_lowercase).collect();
    let find = |short: &str| ABBREVIATIONS.iter().find(|(s, _)| *s == short).map(|(_, full)| *full);
    let dotted = word.contains('.');
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    if let Some(full) = find(&bare).filter(|_| dotted || (capital && bare.chars().count() > 1)) {
        return full.to_owned();
    }
    // `P12`, `Q.4`: letters and then a number alone.
    let letters: String = bare.chars().take_while(|c| c.is_alphabetic()).collect();
    let number: String = bare.chars().skip_while(|c| c.is_alphabetic()).collect();
    if capital
        && matches!(letters.as_str(), "p" | "q" | "kp")
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
        && let Some(full) = find(&letters)
    {
        return format!("{full} {number}");
    }
    word.to_owned()
}

/// Writings that repeat what stands above: `nt`, `-nt-`, `″`, `"`, `//`, `như trên`, `idem`.
pub fn is_ditto(text: &str) -> bool {
    let trimmed: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let marks = |c: char| {
        matches!(c, '"' | '\'' | '″' | '“' | '”' | '〃' | '´' | '`' | '’' | '‘' | '/' | '-' | '–' | ',' | '.')
    };
    let core = trimmed.trim_matches(marks);
    match fold(core).as_str() {
        "nt" | "n.t" | "nhutren" | "idem" | "id" | "d°" | "ditto" => true,
        "" => {
            let quotes = trimmed.chars().filter(|c| matches!(c, '"' | '″' | '“' | '”' | '〃')).count();
            let strokes =
                trimmed.chars().filter(|c| matches!(c, '\'' | '’' | '‘' | '´' | '`' | '/' | ',')).count();
            quotes >= 1 || strokes == 2
        }
        _ => false,
    }
}

/// How a wording was found in a list.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct TermMatch {
    /// The wording of the list.
    pub wording: &'static str,
    /// Its normal form.
    pub normal: &'static str,
    /// 0 for equal but for case, placement and hyphens; 0.02 for another spelling of the words; else the weighted
    /// distance divided by the length.
    pub distance: f32,
    /// How much farther the nearest wording of another meaning is.
    pub margin: f32,
}

/// The term of a list that is nearest to a reading. `None` where none is within 0.34.
pub fn match_term(text: &str, terms: &[Term]) -> Option<TermMatch> {
    nearest_term(text, terms).filter(|found| found.distance <= 0.34)
}

/// The term of a list that is nearest to a reading, however far.
pub fn nearest_term(text: &str, terms: &[Term]) -> Option<TermMatch> {
    let key = exact_key(text);
    if key.is_empty() {
        return None;
    }
    let spelled = spelling_key(text);
    let mut best: Option<(Term, f32)> = None;
    let mut other = f32::INFINITY;
    let distances = terms.iter().map(|term| {
        let wording = exact_key(term.0);
        let distance = if wording == key {
            0.0
        } else if spelling_key(term.0) == spelled {
            0.02
        } else {
            let longest = wording.chars().count().max(key.chars().count()).max(1);
            weighted_distance(&key, &wording) / longest as f32
        };
        (*term, distance)
    });
    for (term, distance) in distances {
        match best {
            Some((held, least)) if distance < least => {
                if held.1 != term.1 {
                    other = other.min(least);
                }
                best = Some((term, distance));
            }
            Some((held, _)) if held.1 != term.1 => other = other.min(distance),
            Some(_) => {}
            None => best = Some((term, distance)),
        }
    }
    let ((wording, normal), distance) = best?;
    Some(TermMatch { wording, normal, distance, margin: (other - distance).min(1.0) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn normal(text: &str, terms: &[Term]) -> Option<&'static str> {
        match_term(text, terms).map(|m| m.normal)
    }

    #[test]
    fn normal_forms() {
        for (text, sex) in [
            ("con gái", "female"),
            ("Trai", "male"),
            ("NỮ", "female"),
            ("masculin", "male"),
            ("Nu", "female"),
        ] {
            assert_eq!(normal(text, SEXES), Some(sex), "{text}");
        }
        assert_eq!(normal("Khai trễ hạn", REGISTRATION_TYPES), Some("late"));
        assert_eq!(normal("Đăng ký lại", REGISTRATION_TYPES), Some("again"));
        assert_eq!(normal("Chàm", ETHNIC_GROUPS), Some("Chăm"));
        assert_eq!(normal("KHƠ-ME", ETHNIC_GROUPS), Some("Khmer"));
        assert_eq!(normal("VN", NATIONALITIES), Some("Việt Nam"));
        assert_eq!(normal("Việt Nan", NATIONALITIES), Some("Việt Nam"));
        assert_eq!(normal("vợ chánh", RELATIONS), Some("first_rank_wife"));
        assert_eq!(normal("Nguyễn Văn Ba", SEXES), None);
        assert_eq!(normal("", SEXES), None);
    }

    #[test]
    fn all_fifty_four_peoples() {
        let mut groups: Vec<_> = ETHNIC_GROUPS.iter().map(|(_, normal)| *normal).collect();
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(groups.len(), 54);
    }

    #[test]
    fn margins_tell_the_ambiguous() {
        // Between Tày and Thái, Hoa and Hán there is little: the margin says so.
        assert!(match_term("Kinh", ETHNIC_GROUPS).unwrap().margin > 0.3);
        assert!(match_term("Tài", ETHNIC_GROUPS).is_none_or(|m| m.margin < 0.3));
    }

    #[test]
    fn dittos() {
        for text in [
            "nt",
            "-nt-",
            "NT",
            "″",
            "\"",
            "//",
            "như trên",
            "Như trên",
            "- \" -",
            "''",
            "n.t.",
            "idem",
            ", ,",
        ] {
            assert!(is_ditto(text), "{text}");
        }
        for text in ["", "-", "Nam", "n", "1/2", "/", ".", "thợ nt"] {
            assert!(!is_ditto(text), "{text}");
        }
    }

    #[test]
    fn addresses_written_out() {
        assert_eq!(
            expand_abbreviations("796/36A Hậu Giang, P13 Q12, TP.HCM"),
            "796/36A Hậu Giang, phường 13 quận 12, Thành phố Hồ Chí Minh"
        );
        assert_eq!(expand_abbreviations("BV Hóc Môn, Q. Tân Bình"), "bệnh viện Hóc Môn, quận Tân Bình");
        assert_eq!(expand_abbreviations("số 90 đường Cô Giang"), "số 90 đường Cô Giang");
    }
}
