//! Ledgers: ruled columns, a row an entry, on a single page or across the gutter.

use crate::content::Written;
use crate::forms::PrintedItem;
use crate::ink::PixelBox;
use crate::random::Rng;

use super::furniture::{fingerprint, rubber_stamp, seal, signature};
use super::sheet::Sheet;
use super::typeset::{Room, drawable};
use super::{PageContent, Tools};

/// A column with its place on the sheet.
struct Ruled<'a> {
    item: &'a PrintedItem,
    x0: f32,
    x1: f32,
    half: usize,
}

/// Fields whose repetition clerks mark with a ditto.
const DITTO: [&str; 10] = [
    "ethnicity",
    "nationality",
    "registration_date",
    "residence",
    "birth_place",
    "groom_ethnicity",
    "bride_ethnicity",
    "groom_nationality",
    "bride_nationality",
    "death_place",
];

fn columns<'a>(content: &'a PageContent<'_>, width: f32) -> Vec<Ruled<'a>> {
    let p = content.printing;
    let [left, _, right, _] = p.margins;
    let total: f32 = p.items.iter().map(|item| item.width).sum();
    let mut ruled = Vec::new();
    if !p.spread {
        let scale = (width - left - right) / total;
        let mut at = left;
        for item in &p.items {
            let end = at + item.width * scale;
            ruled.push(Ruled { item, x0: at, x1: end, half: 0 });
            at = end;
        }
        return ruled;
    }
    // Columns left of the gutter take about half of the width.
    let mut split = 0;
    let mut used = 0.0;
    for (index, item) in p.items.iter().enumerate() {
        // A spanning header does not cross the gutter.
        let inside = index > 0 && item.group.is_some() && item.group == p.items[index - 1].group;
        if used + item.width * 0.5 > total * if inside { 0.62 } else { 0.5 } {
            break;
        }
        used += item.width;
        split = index + 1;
    }
    let gutter = Rng::new(p.face_seed ^ 0x6077).range(55.0, 130.0);
    let halves = [
        (left, width / 2.0 - gutter, &p.items[..split]),
        (width / 2.0 + gutter, width - right, &p.items[split..]),
    ];
    for (half, (x0, x1, items)) in halves.into_iter().enumerate() {
        let sum: f32 = items.iter().map(|item| item.width).sum::<f32>().max(0.1);
        let mut at = x0;
        for item in items {
            let end = at + (x1 - x0) * item.width / sum;
            ruled.push(Ruled { item, x0: at, x1: end, half });
            at = end;
        }
    }
    ruled
}

pub(super) fn draw(sheet: &mut Sheet, content: &PageContent<'_>, tools: &Tools<'_>, rng: &Rng) {
    let p = content.printing;
    let mut rng = rng.fork(12);
    let (w, h) = (sheet.width as f32, sheet.height as f32);
    let top = title(sheet, content, tools, (w, h), &mut rng);
    let ruled = columns(content, w);
    let drop = if p.spread { rng.normal() * 9.0 } else { 0.0 };
    let head = header_row(sheet, content, tools, &ruled, top, drop, &mut rng);
    let bottom = h - p.margins[3];
    let row_height = (bottom - head) / p.entries as f32;
    let offset = |half: usize| if half == 1 { drop } else { 0.0 };
    let thick = Rng::new(p.face_seed ^ 0x7121).range(2.0, 4.0);
    let halves = 1 + usize::from(p.spread);
    for half in 0..halves {
        let own: Vec<&Ruled<'_>> = ruled.iter().filter(|c| c.half == half).collect();
        let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
        let dy = offset(half);
        for column in &own {
            sheet.rule((column.x0, top + dy), (column.x0, bottom + dy), thick, p.colour, tools.print_fade);
        }
        sheet.rule((last.x1, top + dy), (last.x1, bottom + dy), thick, p.colour, tools.print_fade);
        for row in 0..=p.entries {
            if row > 0 && row < p.entries && !p.row_rules {
                continue;
            }
            let y = head + row as f32 * row_height + dy;
            sheet.rule((first.x0, y), (last.x1, y), thick, p.colour, tools.print_fade);
        }
        sheet.rule((first.x0, top + dy), (last.x1, top + dy), thick, p.colour, tools.print_fade);
    }
    let ditto = rng.chance(0.75);
    let mark = ["nt", "-nt-", "\"", "nt", "- nt -"][rng.below(5)];
    // In some books the declarants sign in the table, beside or over their names.
    let signed = Rng::new(p.face_seed ^ 0x516E).chance(0.3);
    for (row, entry) in content.entries.iter().enumerate() {
        let y = head + row as f32 * row_height;
        let area = PixelBox {
            x: ruled.first().map_or(0.0, |c| c.x0),
            y: y + drop / 2.0,
            w: ruled.last().map_or(w, |c| c.x1) - ruled.first().map_or(0.0, |c| c.x0),
            h: row_height,
        };
        sheet.entries.push(area);
        let previous = row.checked_sub(1).and_then(|r| content.entries.get(r));
        for column in &ruled {
            let mut rng = rng.fork(1000 + row as u64 * 64 + u64::from(column.x0 as u32));
            let field = column.item.field.as_str();
            let Some(mut written) = content.written(entry, field) else { continue };
            if field != "entry_number" && field != "notes" && rng.chance(0.012) {
                continue;
            }
            let repeats = DITTO.contains(&field)
                && previous.and_then(|e| content.written(e, field)).is_some_and(|before| before == written);
            if ditto && repeats && rng.chance(0.65) {
                let value = written.value.clone().unwrap_or_else(|| written.text.clone());
                let mark = if rng.chance(0.8) { mark } else { ["nt", "-nt-"][rng.below(2)] };
                written = Written::valued(mark, value);
            }
            let area = (column.x0, column.x1, y + offset(column.half), row_height);
            cell(sheet, tools, entry.clerk, row, field, &written, area, &mut rng);
            if signed && field == "declarant_name" {
                sign(sheet, tools, area, &mut rng.fork(7));
            }
        }
        stamps(sheet, tools, entry.act.late, (&ruled, y, row_height), &mut rng);
    }
    if rng.chance(0.4) && !content.entries.is_empty() {
        let at = (w * rng.range(0.3, 0.92), head + (bottom - head) * rng.range(0.15, 0.9));
        seal(sheet, &mut rng, tools.label, &content.office.seal, at, false);
    }
    if let Some(closing) = content.closing.as_ref().filter(|_| content.entries.len() < p.entries) {
        let from = head + content.entries.len() as f32 * row_height;
        super::act::statement(sheet, tools, closing, (p.margins[0] + 200.0, w * 0.47), from + 90.0, &mut rng);
    }
}

/// A declarant's signature, or the fingerprint of one who cannot write, below the name in a cell.
fn sign(sheet: &mut Sheet, tools: &Tools<'_>, (x0, x1, y, height): (f32, f32, f32, f32), rng: &mut Rng) {
    let at = ((x0 + x1) / 2.0 + rng.normal() * 0.1 * (x1 - x0), y + height * rng.range(0.6, 0.88));
    if rng.chance(0.06) {
        fingerprint(sheet, rng, at);
    } else if rng.chance(0.9) {
        let ink = [tools.clerks[0].colour, [38, 44, 110], [30, 30, 36]][rng.below(3)];
        signature(sheet, rng, at, (x1 - x0) * 0.95, ink, tools.fade);
    }
}

fn stamps(sheet: &mut Sheet, tools: &Tools<'_>, late: bool, row: (&[Ruled<'_>], f32, f32), rng: &mut Rng) {
    let (ruled, y, height) = row;
    if late && rng.chance(0.2) || rng.chance(0.008) {
        let words = if late {
            ["QUÁ HẠN", "KHAI TRỄ HẠN", "ĐĂNG KÝ QUÁ HẠN", "TRỄ HẠN"][rng.below(4)]
        } else {
            ["SAO Y BẢN CHÍNH", "ĐÃ CẤP BẢN CHÍNH", "ĐĂNG KÝ LẠI"][rng.below(3)]
        };
        let width = ruled.last().map_or(0.0, |c| c.x1);
        let place = (width * rng.range(0.12, 0.88), y + height * rng.range(0.3, 0.7));
        rubber_stamp(sheet, rng, tools.label, words, place);
    }
}

/// Office, motto, title; returns the y of the table's top.
fn title(
    sheet: &mut Sheet,
    content: &PageContent<'_>,
    tools: &Tools<'_>,
    size: (f32, f32),
    rng: &mut Rng,
) -> f32 {
    let p = content.printing;
    let (w, _) = size;
    let [left, top, right, _] = p.margins;
    let small = p.label_size * if p.spread { 1.15 } else { 1.0 };
    let step = small * 1.9;
    let first = top + small;
    let mut office_y = first;
    for line in &content.office.header {
        let text = drawable(tools.label, line);
        let advance = tools.label.measure(&text, small);
        let centre = left + (advance / 2.0 + rng.range(0.0, 60.0)).max(w * 0.1);
        tools.print_centred(sheet, tools.label, line, small, (centre, office_y), p.colour, rng);
        office_y += step;
    }
    let motto_x = w - right - w * rng.range(0.1, 0.16);
    let mut below = office_y;
    if p.motto {
        tools.print_centred(
            sheet,
            tools.label,
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            small,
            (motto_x, first),
            p.colour,
            rng,
        );
        tools.print_centred(
            sheet,
            tools.label,
            "Độc lập - Tự do - Hạnh phúc",
            small,
            (motto_x, first + step),
            p.colour,
            rng,
        );
        below = below.max(first + step * 2.0);
    }
    let title_size = p.title_size * if p.spread { 0.85 } else { 0.7 };
    let subtitle = content.subtitle();
    let title_y = first + title_size * rng.range(0.9, 1.5) + small;
    if p.spread {
        let x = w * 0.5 - w * rng.range(0.09, 0.16);
        tools.print_centred(sheet, tools.title, &p.title, title_size, (x, title_y), p.colour, rng);
        tools.print_centred(
            sheet,
            tools.title,
            &subtitle,
            title_size * 0.95,
            (w * rng.range(0.56, 0.62), title_y),
            p.colour,
            rng,
        );
        below = below.max(title_y);
    } else {
        tools.print_centred(sheet, tools.title, &p.title, title_size, (w * 0.5, title_y), p.colour, rng);
        let y = title_y + title_size * 1.5;
        tools.print_centred(sheet, tools.label, &subtitle, small * 1.05, (w * 0.5, y), p.colour, rng);
        below = below.max(if subtitle.is_empty() { title_y } else { y });
    }
    below + rng.range(14.0, 50.0)
}

/// Prints the header row (with spanning headers and column numbers) and returns the y below it.
fn header_row(
    sheet: &mut Sheet,
    content: &PageContent<'_>,
    tools: &Tools<'_>,
    ruled: &[Ruled<'_>],
    top: f32,
    drop: f32,
    rng: &mut Rng,
) -> f32 {
    let p = content.printing;
    let colour = p.colour;
    let size = p.label_size * 0.9;
    let step = size * 1.6;
    let lines = ruled.iter().map(|c| c.item.label.split('|').count()).max().unwrap_or(1).max(2);
    let span_height = if p.spans.is_empty() { 0.0 } else { step * 1.3 };
    let height = span_height + step * lines as f32 + size * 0.9;
    let spans = !p.spans.is_empty();
    for column in ruled {
        let dy = if column.half == 1 { drop } else { 0.0 };
        let text = if p.capitals { column.item.label.to_uppercase() } else { column.item.label.clone() };
        let parts: Vec<&str> = text.split('|').collect();
        let under = spans && column.item.group.as_ref().is_some_and(|g| p.spans.contains_key(g));
        let (from, room) = if under { (top + span_height, height - span_height) } else { (top, height) };
        let start = from + (room - step * (parts.len() as f32 - 1.0)) / 2.0 + size * 0.5 + dy;
        for (index, part) in parts.iter().enumerate() {
            let width = tools.label.measure(part, size);
            let fitted = size * ((column.x1 - column.x0 - 10.0) / width.max(1.0)).min(1.0);
            let centre = ((column.x0 + column.x1) / 2.0, start + index as f32 * step);
            tools.print_centred(sheet, tools.label, part, fitted, centre, colour, rng);
        }
    }
    for (group, name) in &p.spans {
        let own: Vec<&Ruled<'_>> = ruled.iter().filter(|c| c.item.group.as_ref() == Some(group)).collect();
        for half in 0..2 {
            let part: Vec<&&Ruled<'_>> = own.iter().filter(|c| c.half == half).collect();
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let dy = if half == 1 { drop } else { 0.0 };
            let y = top + span_height + dy;
            sheet.rule((first.x0, y), (last.x1, y), 2.5, colour, tools.print_fade);
            tools.print_centred(
                sheet,
                tools.label,
                name,
                size,
                ((first.x0 + last.x1) / 2.0, y - span_height * 0.3),
                colour,
                rng,
            );
        }
    }
    if !p.numbered {
        return top + height;
    }
    let numbers = size * 1.7;
    for half in 0..2 {
        let own: Vec<&Ruled<'_>> = ruled.iter().filter(|c| c.half == half).collect();
        let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
        let y = top + height + if half == 1 { drop } else { 0.0 };
        sheet.rule((first.x0, y), (last.x1, y), 2.5, colour, tools.print_fade);
    }
    for (index, column) in ruled.iter().enumerate() {
        let y = top + height + numbers * 0.75 + if column.half == 1 { drop } else { 0.0 };
        let line = tools.label.write(&(index + 1).to_string(), size * 0.75, rng);
        let x = (column.x0 + column.x1 - line.advance) / 2.0;
        // Column numbers are ornament: no label of a field.
        sheet.put(line, x, y, colour, tools.print_fade);
    }
    top + height + numbers
}

fn cell(
    sheet: &mut Sheet,
    tools: &Tools<'_>,
    clerk: usize,
    row: usize,
    field: &str,
    written: &Written,
    area: (f32, f32, f32, f32),
    rng: &mut Rng,
) {
    let (x0, x1, y, height) = area;
    let pitch = (height / 2.6).clamp(66.0, 104.0);
    let size = pitch * tools.scale;
    let pen = if field == "notes" && rng.chance(0.7) {
        tools.later_pen(size * rng.range(0.75, 0.95))
    } else {
        tools.pen(clerk, size)
    };
    let pad = rng.range(6.0, 24.0);
    let width = x1 - x0 - pad - 4.0;
    let text = drawable(pen.writer, &written.text);
    // As many lines as the words need, as the row holds.
    let need = (pen.writer.measure(&text, pen.size) / width.max(1.0)).ceil().max(1.0) as usize;
    let step = (pen.size * 1.75).max(pitch * 0.72);
    let holds = ((height - pen.size * 0.6) / step).floor().max(1.0) as usize;
    let lines = if need > 1 { (need + 1).min(holds).min(5) } else { 1 };
    // Words break at blanks: one more line than the sum of widths may be needed, seldom used.
    let shown = if need > 1 { need.min(lines) } else { 1 };
    let block = step * (shown as f32 - 1.0) + pen.size;
    let first = y + ((height - block) * rng.range(0.25, 0.6)).max(8.0) + pen.size;
    let start = if lines == 1 && need <= 1 {
        let slack = (width - pen.writer.measure(&text, pen.size)).max(0.0);
        x0 + pad + slack * if rng.chance(0.5) { rng.range(0.0, 0.2) } else { rng.range(0.0, 0.6) }
    } else {
        x0 + pad
    };
    let rooms: Vec<Room> = (0..lines)
        .map(|i| Room {
            x0: start + rng.range(0.0, 8.0),
            x1: x1 - 2.0,
            y: first + i as f32 * step + rng.normal() * 2.0,
        })
        .collect();
    pen.write(sheet, rng, row, field, written, &rooms);
}
