//! Names of persons: their parts, the surnames there are, what a middle name says of sex.

use crate::fold::{exact_key, fold, nfc, spelling_key};
use crate::vocabulary::Sex;

/// Surnames with their rough share of the population in ten-thousandths, as recalled from published counts;
/// ranks matter more than figures. Spellings of one name (`Huỳnh`, `Hoàng`) stand apart, as families write them.
#[rustfmt::skip]
const SURNAMES: &[(&str, u16)] = &[
    ("Nguyễn", 3400), ("Trần", 1150), ("Lê", 920), ("Phạm", 650), ("Huỳnh", 330), ("Phan", 340), ("Võ", 260),
    ("Hoàng", 230), ("Đặng", 210), ("Bùi", 200), ("Vũ", 190), ("Đỗ", 140), ("Hồ", 130), ("Ngô", 130), ("Dương", 110),
    ("Lý", 70), ("Đinh", 70), ("Trương", 110), ("Đoàn", 60), ("Lâm", 60), ("Mai", 55), ("Trịnh", 50), ("Đào", 50),
    ("Cao", 50), ("Hà", 45), ("Lương", 45), ("Lưu", 40), ("Tạ", 35), ("Châu", 35), ("Thái", 35), ("Tô", 35), ("Văn", 25),
    ("Tăng", 25), ("Quách", 20), ("Vương", 25), ("Kiều", 20), ("Từ", 18), ("Phùng", 25), ("Chu", 20), ("La", 15),
    ("Diệp", 15), ("Tống", 18), ("Giang", 12), ("Hứa", 12), ("Khưu", 8), ("Khổng", 8), ("Thạch", 15), ("Sơn", 12),
    ("Kim", 14), ("Danh", 12), ("Lại", 12), ("Ông", 6), ("Ung", 5), ("Âu", 5), ("Nghiêm", 10), ("Ninh", 8),
    ("Triệu", 12), ("Tôn", 10), ("Mạc", 9), ("Mạch", 4), ("Doãn", 8), ("Thân", 8), ("Trà", 5), ("Viên", 3),
    ("Vi", 5), ("Hàn", 5), ("Hàng", 4), ("Hình", 4), ("Hùng", 3), ("Khuất", 4), ("Kha", 4), ("Khương", 4), ("Liêu", 5),
    ("Liễu", 3), ("Lục", 5), ("Lữ", 6), ("Lã", 5), ("Lư", 6), ("Mã", 6), ("Mẫn", 1), ("Nhan", 3),
    ("Nhâm", 3), ("Nông", 8), ("Ong", 1), ("Phó", 2), ("Phí", 4), ("Phương", 6), ("Quan", 5), ("Quản", 2), ("Quang", 3),
    ("Sầm", 3), ("Sử", 2), ("Tào", 3), ("Tất", 2), ("Tiêu", 5), ("Tiết", 2), ("Tiền", 2), ("Thi", 4), ("Thiều", 3),
    ("Trang", 8), ("Trác", 2), ("Trầm", 2), ("Trì", 1), ("Trình", 4), ("Úc", 1), ("Ứng", 1), ("Uông", 3),
    ("Biện", 3), ("Bạch", 8), ("Bành", 4), ("Bàng", 3), ("Bàn", 2), ("Bá", 1), ("Bế", 2), ("Bồ", 3), ("Cái", 1), ("Cam", 3),
    ("Cát", 2), ("Chế", 3), ("Chiêm", 3), ("Chung", 5), ("Chử", 1), ("Cù", 5), ("Cung", 2), ("Cổ", 3), ("Dư", 5), ("Điền", 2),
    ("Đàm", 8), ("Đái", 1), ("Đan", 1), ("Đậu", 5), ("Đồng", 6), ("Đổng", 3), ("Đới", 2), ("Đường", 4), ("Giáp", 4),
    ("Hầu", 2), ("Hạ", 2), ("Hoa", 2), ("Hồng", 6), ("Hữu", 1), ("Kỳ", 1), ("Kỷ", 2), 
    ("Lạc", 1), ("Lầu", 2), ("Lò", 5), ("Lộ", 1), ("Luân", 1), ("Lường", 3), ("Ma", 3), ("Mông", 2),
    ("Nghị", 1), ("Ngụy", 3), ("Nhữ", 1), ("Nhiếp", 1), ("Nìm", 1), ("Ngạc", 1), ("Ngân", 2), ("Phù", 4), ("Phú", 2),
    ("Quế", 1), ("Quàng", 2), ("Sái", 1), ("Sú", 1), ("Sĩ", 1), ("Tán", 1), ("Tân", 2), ("Thẩm", 3), ("Thang", 1),
    ("Thành", 2), ("Thào", 2), ("Thiệu", 1), ("Thiên", 1), ("Thông", 1), ("Thủy", 1), ("Tòng", 2), 
    ("Trưng", 1), ("Tưởng", 3), ("Vạn", 2), ("Vàng", 3), ("Vòng", 3), ("Voòng", 2), ("Vưu", 3), ("Xa", 2), ("Yên", 1),
    ("Lao", 1), ("Lạ", 1), ("Lợi", 1), ("Sín", 1), ("Sì", 1), ("Sa", 1), ("Néang", 3), ("Neáng", 3),
    ("Chau", 5), ("Não", 1), ("Đạt", 1), ("Thập", 1), ("Qua", 1), ("Báo", 1), ("Thuận", 1), ("Lựu", 1), ("Mang", 1),
];

/// Surnames of two words.
const DOUBLE_SURNAMES: &[&str] = &["Tôn Thất", "Tôn Nữ", "Công Tằng Tôn Nữ", "Âu Dương", "Tư Mã", "Gia Cát"];

/// A person's name in its parts, each as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameParts {
    /// Họ.
    pub surname: String,
    /// Chữ đệm, perhaps empty.
    pub middle: String,
    /// Tên, the last word.
    pub given: String,
}

/// Splits a name. The first word is the surname unless two words are a known double one; the last is the given
/// name. `None` for fewer than two words.
pub fn split_name(name: &str) -> Option<NameParts> {
    let name = nfc(name);
    let words: Vec<&str> = name.split(' ').filter(|w| !w.is_empty()).collect();
    if words.len() < 2 {
        return None;
    }
    let double = DOUBLE_SURNAMES.iter().filter_map(|double| {
        let count = double.split(' ').count();
        (words.len() > count && exact_key(&words[..count].join(" ")) == exact_key(double)).then_some(count)
    });
    let surname = double.max().unwrap_or(1);
    let last = words.len() - 1;
    Some(NameParts {
        surname: words[..surname].join(" "),
        middle: words[surname..last].join(" "),
        given: words[last].to_owned(),
    })
}

/// Known surnames of one word with their weights, most frequent first where it matters.
pub fn surnames() -> impl Iterator<Item = (&'static str, u16)> {
    SURNAMES.iter().copied()
}

/// The weight of a surname among ten thousand people, tones and case as written; `None` where unknown.
pub fn surname_weight(surname: &str) -> Option<u16> {
    let key = exact_key(surname);
    surnames().find(|(name, _)| exact_key(name) == key).map(|(_, weight)| weight)
}

/// Whether two surnames are the same: equal, or two spellings of one (`Huỳnh`/`Hoàng`, `Võ`/`Vũ`).
pub fn same_surname(a: &str, b: &str) -> bool {
    !a.is_empty() && spelling_key(a) == spelling_key(b)
}

/// Whether two names are the same but for case, tone placement, final i/y, hyphens and spaces.
pub fn same_name(a: &str, b: &str) -> bool {
    !a.is_empty() && exact_key(a) == exact_key(b)
}

/// What a name says of its bearer's sex, and how surely, `0..=1`. Only the middle names that say much.
pub fn sex_of_name(name: &str) -> Option<(Sex, f32)> {
    let parts = split_name(name)?;
    let first = parts.middle.split(' ').next().unwrap_or_default();
    if exact_key(&parts.surname) == exact_key("Tôn Nữ") || fold(&parts.surname).ends_with("ton nu") {
        return Some((Sex::Female, 0.99));
    }
    if parts.middle.split(' ').any(|word| exact_key(word) == "thị") {
        return Some((Sex::Female, 0.99));
    }
    match exact_key(first).as_str() {
        "văn" => Some((Sex::Male, 0.99)),
        "thất" | "bá" | "đình" | "hữu" | "quốc" | "đức" => Some((Sex::Male, 0.9)),
        "diễm" | "mộng" | "tuyết" | "kiều" | "thúy" | "cẩm" => Some((Sex::Female, 0.9)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let parts = split_name("Công Tằng Tôn Nữ Thị Hường").unwrap();
        assert_eq!((parts.surname.as_str(), parts.given.as_str()), ("Công Tằng Tôn Nữ", "Hường"));
        let parts = split_name("NGUYỄN THỊ ÚT TRÂM").unwrap();
        assert_eq!(
            (parts.surname.as_str(), parts.middle.as_str(), parts.given.as_str()),
            ("NGUYỄN", "THỊ ÚT", "TRÂM")
        );
        assert_eq!(split_name("Lý Ba").unwrap().middle, "");
        assert!(split_name("Marie").is_none());
    }

    #[test]
    fn surnames_are_distinct_and_ranked() {
        let all: Vec<_> = surnames().collect();
        assert!(all.len() >= 190, "{}", all.len());
        for (index, (name, _)) in all.iter().enumerate() {
            assert!(!all[index + 1..].iter().any(|(other, _)| other == name), "{name} twice");
        }
        assert!(surname_weight("NGUYỄN") > surname_weight("Trần"));
        assert_eq!(surname_weight("Lí"), surname_weight("Lý"));
        assert_eq!(surname_weight("Ngyễn"), None);
        assert!(same_surname("Huỳnh", "HOÀNG") && !same_surname("Huỳnh", "Trần") && !same_surname("", ""));
        assert!(same_name("Phạm Văn Hoà", "PHẠM VĂN HÒA") && !same_name("Phạm Văn Hoa", "Phạm Văn Hòa"));
    }

    #[test]
    fn sex_from_the_middle_name() {
        assert_eq!(sex_of_name("Trần Thị Ba").map(|s| s.0), Some(Sex::Female));
        assert_eq!(sex_of_name("Trần Văn Ba").map(|s| s.0), Some(Sex::Male));
        assert_eq!(sex_of_name("Văn Thị Ba").map(|s| s.0), Some(Sex::Female));
        assert_eq!(sex_of_name("Nguyễn Như Nguyệt"), None);
        assert_eq!(sex_of_name("Nguyễn Văn"), None);
    }
}
