//! Marginal notes of later events and the remarks of the day.

use crate::random::Rng;

use super::Era;
use super::dates::{Date, DateStyle};
use super::names::{Group, Sex, draw_name, french_orthography};
use super::tables::Tables;

/// A note written in the margin, often years later; `None` for most entries.
pub(super) fn note(
    rng: &mut Rng,
    tables: &Tables,
    era: Era,
    place: &str,
    registered: Date,
    sex: Sex,
    birth: bool,
) -> Option<String> {
    let share = match era {
        Era::French | Era::Republic => 0.45,
        Era::Ledger => 0.22,
        Era::Blocks => 0.4,
        Era::Digital => 0.18,
    };
    if !rng.chance(share) {
        return None;
    }
    let style = DateStyle::draw(rng, era);
    let later = registered.plus(i64::from(rng.between(400, 9500)));
    let day = style.write(later);
    let other = if sex == Sex::Male { Sex::Female } else { Sex::Male };
    let spouse = draw_name(rng, tables, Group::Kinh, other, era, None);
    if era == Era::French {
        let spouse = french_orthography(&spouse, true);
        return Some(match rng.below(4) {
            0 if birth => format!("Marié à {place} le {day} avec {spouse}"),
            1 => format!("Jugement supplétif n° {} du {day}", rng.between(12, 4200)),
            2 => format!("Extrait délivré le {day}"),
            _ => format!("Rectifié par jugement n° {} du {day}", rng.between(12, 900)),
        });
    }
    let number = rng.between(12, 990);
    let copies = rng.between(1, 6);
    let choices: Vec<(f32, String)> = if era == Era::Republic {
        vec![
            (if birth { 4.0 } else { 0.0 }, format!("Kết hôn với {} ngày {day} tại {place}", spouse.full())),
            (3.0, format!("Đã cấp trích lục ngày {day}")),
            (1.5, format!("Cấp trích lục số {number} ngày {day}")),
            (1.2, format!("Án thế vì khai sanh số {number} ngày {day} Tòa Hòa-Giải {place}")),
            (1.0, "Khai trễ hạn".to_owned()),
            (0.8, format!("Cải chánh theo án số {number} ngày {day}")),
            (0.8, format!("Ly hôn theo án số {number} ngày {day}")),
            (0.5, format!("Chết ngày {day}")),
            (0.5, "Nhìn nhận con".to_owned()),
        ]
    } else {
        let decision = ["QĐ-UB", "QĐ-UBND", "QĐ"][rng.below(3)];
        vec![
            (3.0, "Khai trễ hạn".to_owned()),
            (3.0, format!("Đã cấp bản sao {day}")),
            (2.5, format!("Cấp {copies} bản sao")),
            (1.8, format!("Cải chính họ tên theo QĐ số {number}/{decision}")),
            (1.0, format!("Cải chính năm sinh theo QĐ số {number}/{decision} ngày {day}")),
            (1.0, format!("Đã nhận bản chính ngày {day}")),
            (if birth { 1.2 } else { 0.0 }, format!("Kết hôn với {} ngày {day}", spouse.full())),
            (0.8, format!("Đăng ký lại theo QĐ {number}/{decision}")),
            (0.8, format!("Bổ sung dân tộc ngày {day}")),
            (0.6, format!("Cấp lại bản chính ngày {day}")),
            (0.6, "Con ngoài giá thú".to_owned()),
            (0.5, format!("Ly hôn theo BA số {number}/LHST ngày {day}")),
            (0.4, format!("{copies} BS")),
        ]
    };
    let weights: Vec<f32> = choices.iter().map(|c| c.0).collect();
    choices.into_iter().nth(rng.weighted(&weights)).map(|choice| choice.1)
}
