//! Acts and blocks: labelled lines under each other.

use sobo_core::Ink;

use crate::forms::{Frame, Layout, Leader, Place, PrintedItem};
use crate::ink::PixelBox;
use crate::random::Rng;
use crate::writer::Writer;

use super::furniture::{fingerprint, rubber_stamp, seal, signature};
use super::sheet::Sheet;
use super::typeset::{Room, drawable};
use super::{EntryContent, PageContent, Tools};

/// One item in one row.
struct Cell<'a> {
    item: &'a PrintedItem,
    x0: f32,
    x1: f32,
}

/// Packs items into rows of the flow.
fn pack<'a>(
    items: &[&'a PrintedItem],
    x0: f32,
    x1: f32,
    label: &Writer,
    size: f32,
    dense: bool,
) -> Vec<Vec<Cell<'a>>> {
    let width = x1 - x0;
    let mut rows: Vec<Vec<(&PrintedItem, f32)>> = Vec::new();
    let mut used = f32::INFINITY;
    for item in items {
        let label_width = label.measure(&item.label, size);
        let wanted = item.width.max(((label_width + size * 5.0) / width).min(1.0));
        let fits = used + wanted <= 1.04;
        match rows.last_mut() {
            Some(row) if fits && (dense || !item.breaks) => {
                row.push((item, wanted));
                used += wanted;
            }
            _ => {
                rows.push(vec![(item, wanted)]);
                used = wanted;
            }
        }
    }
    rows.into_iter()
        .map(|row| {
            let total: f32 = row.iter().map(|(_, share)| share).sum();
            let stretch = if row.len() > 1 || total > 1.0 { 1.0 / total } else { 1.0 };
            let count = row.len();
            let mut at = x0;
            row.into_iter()
                .enumerate()
                .map(|(index, (item, share))| {
                    let start = at;
                    at += width * share * stretch;
                    let end = if index + 1 == count { x1 } else { at - size * 0.8 };
                    Cell { item, x0: start, x1: end }
                })
                .collect()
        })
        .collect()
}

/// What all acts of a page share.
struct Hand<'p, 'a> {
    content: &'p PageContent<'a>,
    tools: &'p Tools<'a>,
    label_size: f32,
    pitch: f32,
}

pub(super) fn draw(sheet: &mut Sheet, content: &PageContent<'_>, tools: &Tools<'_>, rng: &Rng) {
    let p = content.printing;
    let [left, top, right, bottom] = p.margins;
    let (w, h) = (sheet.width as f32, sheet.height as f32);
    let blocks = p.form.layout == Layout::Blocks;
    let mut rng = rng.fork(11);
    let mut y = top;
    if blocks && p.header {
        y = header(sheet, content, tools, &mut rng, (left, w - right), y, false);
    }
    let gap = if p.entries > 1 { rng.range(14.0, 70.0) } else { 0.0 };
    let height = (h - bottom - y - gap * (p.entries - 1) as f32) / p.entries as f32;
    for slot in 0..p.entries {
        let area = PixelBox { x: left, y: y + slot as f32 * (height + gap), w: w - left - right, h: height };
        let entry = content.entries.get(slot);
        let mut rng = rng.fork(100 + slot as u64);
        let top = act(sheet, content, tools, entry, slot, area, &mut rng);
        if entry.is_some() {
            sheet.entries.push(PixelBox { y: top, h: area.y + area.h - top, ..area });
        }
    }
    if let Some(closing) = content.closing.as_ref().filter(|_| content.entries.len() < p.entries) {
        let from = y + content.entries.len() as f32 * (height + gap);
        statement(sheet, tools, closing, (left + 120.0, w - right - 120.0), from + height * 0.3, &mut rng);
    }
}

/// The closing statement across an empty place: no field of an entry.
pub(super) fn statement(
    sheet: &mut Sheet,
    tools: &Tools<'_>,
    text: &str,
    x: (f32, f32),
    y: f32,
    rng: &mut Rng,
) {
    let pen = tools.pen(0, 42.0);
    let written = crate::content::Written::plain(text);
    let rooms: Vec<Room> = (0..5).map(|i| Room { x0: x.0, x1: x.1, y: y + i as f32 * 100.0 }).collect();
    pen.write(sheet, rng, usize::MAX, "closing_statement", &written, &rooms);
    sheet.fields.retain(|field| field.entry != usize::MAX);
}

/// Office, state and title; returns the y below them.
fn header(
    sheet: &mut Sheet,
    content: &PageContent<'_>,
    tools: &Tools<'_>,
    rng: &mut Rng,
    x: (f32, f32),
    y: f32,
    titled: bool,
) -> f32 {
    let p = content.printing;
    let width = x.1 - x.0;
    let small = p.label_size * rng.range(0.92, 1.1);
    let share = rng.range(0.16, 0.24);
    let (office_x, title_x) = if p.header_right {
        (x.1 - width * share, x.0 + width * 0.38)
    } else {
        (x.0 + width * share, x.0 + width * rng.range(0.62, 0.72))
    };
    let step = small * rng.range(1.75, 2.3);
    let mut at = y + small + 10.0;
    // How far the office's lines reach towards the title.
    let mut reach = if p.header_right { x.1 } else { x.0 };
    for line in &content.office.header {
        let half = tools.label.measure(line, small) / 2.0;
        let centre = office_x.max(x.0 + half).min(x.1 - half);
        reach = if p.header_right { reach.min(centre - half) } else { reach.max(centre + half) };
        tools.print_centred(sheet, tools.label, line, small, (centre, at), p.colour, rng);
        at += step;
    }
    if rng.chance(0.6) {
        let half = width * rng.range(0.04, 0.07);
        let rule_y = at - step * 0.5;
        sheet.rule((office_x - half, rule_y), (office_x + half, rule_y), 3.0, p.colour, tools.print_fade);
        at += 8.0;
    }
    if content.year > 1975 && p.motto {
        const MOTTO: [&str; 2] = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"];
        let free = if p.header_right { (x.0, reach - small) } else { (reach + small, x.1) };
        let natural = tools.label.measure(MOTTO[0], small);
        let size = small * ((free.1 - free.0) / natural.max(1.0)).clamp(0.6, 1.0);
        let half = natural * size / small / 2.0;
        let motto_x = if p.header_right { x.0 + width * 0.3 } else { x.0 + width * 0.73 };
        let motto_x = motto_x.clamp(free.0 + half, (free.1 - half).max(free.0 + half));
        for (line, baseline) in MOTTO.iter().zip([y + small + 10.0, y + small + 10.0 + step]) {
            tools.print_centred(sheet, tools.label, line, size, (motto_x, baseline), p.colour, rng);
        }
    }
    if titled {
        // Long titles are set smaller rather than cut, and none runs into the office beside it.
        let gap = p.title_size * 0.6;
        let free = if p.header_right { (x.0, reach - gap) } else { (reach + gap, x.1) };
        let natural = tools.title.measure(&p.title, p.title_size);
        let size = p.title_size * ((free.1 - free.0) / natural.max(1.0)).clamp(0.5, 1.0);
        let half = natural * size / p.title_size / 2.0;
        let title_x = title_x.clamp(free.0 + half, (free.1 - half).max(free.0 + half));
        let mut title_y = y + p.title_size * rng.range(1.3, 1.9);
        tools.print_centred(sheet, tools.title, &p.title, size, (title_x, title_y), p.colour, rng);
        title_y += p.title_size * 1.25;
        let subtitle = content.subtitle();
        tools.print_centred(sheet, tools.label, &subtitle, small * 1.05, (title_x, title_y), p.colour, rng);
        at = at.max(title_y + small);
    }
    at + rng.range(10.0, 40.0)
}

/// Draws one act and returns the y at which it begins below the office's header.
fn act(
    sheet: &mut Sheet,
    content: &PageContent<'_>,
    tools: &Tools<'_>,
    entry: Option<&EntryContent>,
    slot: usize,
    area: PixelBox,
    rng: &mut Rng,
) -> f32 {
    let p = content.printing;
    let blocks = p.form.layout == Layout::Blocks;
    let mut top = area.y;
    let right = area.x + area.w;
    if !blocks {
        top = header(sheet, content, tools, rng, (area.x, right), top, true);
        if rng.chance(0.8) {
            sheet.rule((area.x, top), (right, top), rng.range(2.5, 4.5), p.colour, tools.print_fade);
        }
    }
    let bottom = area.y + area.h;
    let (mut x0, mut x1) = (area.x, right);
    if blocks {
        frame(sheet, p.frame, area, p.colour, tools);
        let inset = if p.frame == Frame::None { 4.0 } else { rng.range(26.0, 60.0) };
        (x0, x1) = (area.x + inset, right - inset);
    }
    let margin_items: Vec<&PrintedItem> = p.items.iter().filter(|i| i.place == Place::Margin).collect();
    let mut hand = Hand { content, tools, label_size: p.label_size, pitch: 100.0 };
    if !margin_items.is_empty() {
        let share = area.w * p.margin.share;
        let (m0, m1, rule) = if p.margin.right {
            (x1 - share + 30.0, x1, x1 - share)
        } else {
            (x0, x0 + share - 30.0, x0 + share)
        };
        let end = bottom - area.h * rng.range(0.0, 0.06);
        for index in 0..p.margin.rules {
            let at = rule + index as f32 * 14.0;
            sheet.rule((at, top), (at, end), 3.0, p.colour, tools.print_fade);
        }
        hand.margin(sheet, &margin_items, entry, slot, (m0, m1), (top, bottom), rng);
        if p.margin.right {
            x1 = rule - 34.0;
        } else {
            x0 = rule + 40.0;
        }
    }
    let mut y = top;
    if blocks {
        y = hand.head(sheet, entry, slot, (x0, x1), y, rng);
    }
    let flow: Vec<&PrintedItem> = p
        .items
        .iter()
        .filter(|i| matches!(i.place, Place::Body | Place::Foot) && i.boxes.is_empty())
        .collect();
    let boxes: Vec<&PrintedItem> = p.items.iter().filter(|i| !i.boxes.is_empty()).collect();
    // Signatures need some height below the flow.
    let foot = (area.h * if blocks { 0.17 } else { 0.19 }).clamp(190.0, 640.0) * rng.range(0.75, 1.1);
    let room = bottom - foot - y;
    let mut rows = pack(&flow, x0, x1, tools.label, hand.label_size, false);
    let lines = |rows: &[Vec<Cell<'_>>]| -> f32 {
        let extra = |row: &Vec<Cell<'_>>| row.iter().map(|cell| cell.item.lines).max().unwrap_or(1);
        (rows.iter().map(extra).sum::<usize>() + boxes.len()) as f32 + 0.6
    };
    if room / lines(&rows) < 66.0 {
        rows = pack(&flow, x0, x1, tools.label, hand.label_size, true);
    }
    let fit = room / lines(&rows);
    hand.pitch = fit.min(rng.range(92.0, 128.0)).max(46.0);
    hand.label_size = hand.label_size.min(hand.pitch * 0.42);
    // The slack, if much, opens the lines.
    if fit > hand.pitch * 1.25 {
        hand.pitch = (hand.pitch * 1.12).min(fit);
    }
    y += hand.pitch * 0.95;
    for row in &rows {
        let count = row.iter().map(|cell| cell.item.lines).max().unwrap_or(1);
        for cell in row {
            hand.cell(sheet, cell, entry, slot, (x0, x1), y, rng);
        }
        y += hand.pitch * count as f32;
    }
    for item in boxes {
        hand.boxes(sheet, item, entry, slot, (x0, x1), y, rng);
        y += hand.pitch;
    }
    hand.signatures(sheet, entry, slot, (x0, x1), (y - hand.pitch * 0.3, bottom), rng);
    top
}

fn frame(sheet: &mut Sheet, frame: Frame, area: PixelBox, colour: [u8; 3], tools: &Tools<'_>) {
    let insets: &[(f32, f32)] = match frame {
        Frame::None => &[],
        Frame::Single => &[(0.0, 4.0)],
        Frame::Double => &[(0.0, 5.0), (12.0, 2.5)],
    };
    for (inset, thick) in insets {
        let (x0, y0) = (area.x + inset, area.y + inset);
        let (x1, y1) = (area.x + area.w - inset, area.y + area.h - inset);
        for (from, to) in
            [((x0, y0), (x1, y0)), ((x0, y1), (x1, y1)), ((x0, y0), (x0, y1)), ((x1, y0), (x1, y1))]
        {
            sheet.rule(from, to, *thick, colour, tools.print_fade);
        }
    }
}

impl Hand<'_, '_> {
    fn leader(&self, sheet: &mut Sheet, x0: f32, x1: f32, baseline: f32) {
        let p = self.content.printing;
        let y = baseline + self.label_size * 0.25;
        match p.leader {
            Leader::Dots(gap) => sheet.dotted(x0, x1, y, gap, 0.0, p.colour, self.tools.print_fade),
            Leader::Dashes(gap) => sheet.dotted(x0, x1, y, gap, gap * 0.5, p.colour, self.tools.print_fade),
            Leader::Rule => sheet.rule((x0, y), (x1, y), 2.0, p.colour, self.tools.print_fade),
            Leader::None => {}
        }
    }

    /// A clerk's pen for an entry at this pitch.
    fn write(
        &self,
        sheet: &mut Sheet,
        entry: &EntryContent,
        slot: usize,
        field: &str,
        rooms: &[Room],
        rng: &mut Rng,
    ) {
        let Some(written) = self.content.written(entry, field) else { return };
        // Some lines are left blank.
        let needed = field.ends_with("number") || field.ends_with("_name");
        if !needed && rng.chance(0.014) {
            return;
        }
        let pen = if field == "notes" && rng.chance(0.75) {
            self.tools.later_pen(self.pitch.min(110.0) * self.tools.scale * rng.range(0.7, 0.95))
        } else {
            self.tools.pen(entry.clerk, self.pitch.min(120.0) * self.tools.scale)
        };
        let typed = pen.writer.ink == Ink::Typed;
        let lift = if typed { rng.range(-2.0, 10.0) } else { rng.range(-6.0, 16.0) };
        let rooms: Vec<Room> = rooms.iter().map(|room| Room { y: room.y - lift, ..*room }).collect();
        pen.write(sheet, rng, slot, field, &written, &rooms);
    }

    fn cell(
        &self,
        sheet: &mut Sheet,
        cell: &Cell<'_>,
        entry: Option<&EntryContent>,
        slot: usize,
        full: (f32, f32),
        y: f32,
        rng: &mut Rng,
    ) {
        let p = self.content.printing;
        let mut x = cell.x0;
        if !cell.item.label.is_empty() {
            let line =
                self.tools.label.write(&drawable(self.tools.label, &cell.item.label), self.label_size, rng);
            let advance = line.advance;
            sheet.print(line, x, y, p.colour, self.tools.print_fade);
            x += advance + self.label_size * 0.6;
        }
        self.leader(sheet, x, cell.x1, y);
        let indent = if rng.chance(0.7) { rng.range(2.0, 26.0) } else { rng.range(10.0, 70.0) };
        let first = (x + indent).min(cell.x1 - 40.0);
        let mut rooms = vec![Room { x0: first, x1: cell.x1, y }];
        for extra in 1..cell.item.lines {
            let y = y + self.pitch * extra as f32;
            self.leader(sheet, full.0, full.1, y);
            rooms.push(Room { x0: full.0 + rng.range(4.0, 40.0), x1: full.1, y });
        }
        if let Some(entry) = entry {
            self.write(sheet, entry, slot, &cell.item.field, &rooms, rng);
        }
    }

    /// The margin column: number, name, notes.
    fn margin(
        &self,
        sheet: &mut Sheet,
        items: &[&PrintedItem],
        entry: Option<&EntryContent>,
        slot: usize,
        x: (f32, f32),
        y: (f32, f32),
        rng: &mut Rng,
    ) {
        let p = self.content.printing;
        let mut at = y.0 + rng.range(70.0, 130.0);
        for item in items {
            if item.field == "notes" {
                at = at.max(y.0 + (y.1 - y.0) * rng.range(0.22, 0.4));
            }
            let mut rooms = Vec::new();
            let pitch = rng.range(74.0, 92.0);
            if item.label.is_empty() {
                rooms.extend((0..item.lines.max(2)).map(|i| Room {
                    x0: x.0,
                    x1: x.1,
                    y: at + i as f32 * pitch,
                }));
            } else {
                let line =
                    self.tools.label.write(&drawable(self.tools.label, &item.label), self.label_size, rng);
                let advance = line.advance;
                sheet.print(line, x.0, at, p.colour, self.tools.print_fade);
                if item.field == "notes" {
                    let many = ((y.1 - at - 80.0) / pitch).clamp(1.0, 9.0) as usize;
                    rooms.extend((0..many).map(|i| Room {
                        x0: x.0,
                        x1: x.1,
                        y: at + (i + 1) as f32 * pitch,
                    }));
                } else {
                    let start = x.0 + advance + self.label_size * 0.6;
                    self.leader(sheet, start, x.1, at);
                    rooms.push(Room { x0: start + 6.0, x1: x.1, y: at });
                }
            }
            if let Some(entry) = entry {
                if item.field == "notes" {
                    if let Some(written) = self.content.written(entry, "notes") {
                        let pen = self.tools.later_pen(rng.range(26.0, 38.0));
                        pen.write(sheet, rng, slot, "notes", &written, &rooms);
                    }
                } else {
                    let hand = Hand { pitch: pitch.max(self.pitch * 0.9), ..*self };
                    hand.write(sheet, entry, slot, &item.field, &rooms, rng);
                }
            }
            at += pitch * (rooms.len().min(3) as f32 + 0.6);
        }
    }

    /// Title and numbers above a block; returns the y below them.
    fn head(
        &self,
        sheet: &mut Sheet,
        entry: Option<&EntryContent>,
        slot: usize,
        x: (f32, f32),
        y: f32,
        rng: &mut Rng,
    ) -> f32 {
        let p = self.content.printing;
        let width = x.1 - x.0;
        // The same arrangement in every block of the book.
        let mut book = Rng::new(p.face_seed ^ 0x5EAD);
        let size = p.title_size * 0.62;
        let mut baseline = y + size * book.range(1.5, 2.2);
        let items: Vec<&PrintedItem> = p.items.iter().filter(|i| i.place == Place::Head).collect();
        let natural = self.tools.title.measure(&p.title, size);
        let (centre, numbers_x) = match book.below(3) {
            0 => (x.0 + width * 0.40, Some(x.0 + width * 0.40 + natural / 2.0 + 60.0)),
            1 => (x.0 + natural / 2.0 + width * 0.03, Some(x.0 + natural + width * 0.1)),
            _ => (x.0 + width * 0.5, None),
        };
        self.tools.print_centred(sheet, self.tools.title, &p.title, size, (centre, baseline), p.colour, rng);
        let start = match numbers_x {
            Some(start) if x.1 - start > width * 0.36 => start,
            _ => {
                baseline += 78.0;
                x.0 + if book.chance(0.5) { width * 0.3 } else { 0.0 }
            }
        };
        let total: f32 = items.iter().map(|item| item.width).sum::<f32>().max(0.1);
        let mut at = start;
        for item in items {
            let end = at + (x.1 - start) * item.width / total;
            let hand = Hand { pitch: 86.0, ..*self };
            hand.cell(sheet, &Cell { item, x0: at, x1: end - 24.0 }, entry, slot, x, baseline, rng);
            at = end;
        }
        baseline
    }

    /// Boxes to tick.
    fn boxes(
        &self,
        sheet: &mut Sheet,
        item: &PrintedItem,
        entry: Option<&EntryContent>,
        slot: usize,
        x: (f32, f32),
        y: f32,
        rng: &mut Rng,
    ) {
        let p = self.content.printing;
        let side = self.label_size * 1.25;
        let ticked = entry.and_then(|e| e.act.get(&item.field)).and_then(|w| w.value.clone());
        let step = (x.1 - x.0) / item.boxes.len().max(1) as f32;
        for (index, (caption, value)) in item.boxes.iter().enumerate() {
            let left = x.0 + step * index as f32;
            let line = self.tools.label.write(&drawable(self.tools.label, caption), self.label_size, rng);
            let square = left + line.advance + self.label_size * 0.7;
            sheet.print(line, left, y, p.colour, self.tools.print_fade);
            let (y0, y1) = (y - side * 0.9, y + side * 0.1);
            for (from, to) in [
                ((square, y0), (square + side, y0)),
                ((square, y1), (square + side, y1)),
                ((square, y0), (square, y1)),
                ((square + side, y0), (square + side, y1)),
            ] {
                sheet.rule(from, to, 2.5, p.colour, self.tools.print_fade);
            }
            if let Some(entry) = entry.filter(|_| ticked.as_deref() == Some(value)) {
                let pen = self.tools.pen(entry.clerk, side * 0.9);
                let written = crate::content::Written::valued("x", value.clone());
                let room = Room { x0: square + side * 0.15, x1: square + side * 2.0, y: y - side * 0.05 };
                super::typeset::Pen { slips: 0.0, ..pen }.write(
                    sheet,
                    rng,
                    slot,
                    &item.field,
                    &written,
                    &[room],
                );
            }
        }
    }

    /// Captions, signatures, names, seals.
    fn signatures(
        &self,
        sheet: &mut Sheet,
        entry: Option<&EntryContent>,
        slot: usize,
        x: (f32, f32),
        y: (f32, f32),
        rng: &mut Rng,
    ) {
        let p = self.content.printing;
        let count = p.signatures.len().max(1) as f32;
        let caption = y.0 + self.label_size * 1.6;
        let room = (y.1 - caption).max(60.0);
        let sign_y = caption + room * 0.45;
        for (index, text) in p.signatures.iter().enumerate() {
            let centre = x.0 + (x.1 - x.0) * (index as f32 + 0.5) / count;
            self.tools.print_centred(
                sheet,
                self.tools.label,
                text,
                self.label_size,
                (centre, caption),
                p.colour,
                rng,
            );
            let Some(entry) = entry else { continue };
            let officer = index + 1 == p.signatures.len() && p.form.layout == Layout::Blocks
                || p.form.layout == Layout::Act && index == 1.min(p.signatures.len() - 1);
            let at = (centre + rng.normal() * 40.0, sign_y + rng.normal() * 16.0);
            if officer {
                if rng.chance(if p.form.layout == Layout::Act { 0.6 } else { 0.35 }) {
                    let place = (at.0 - rng.range(-60.0, 120.0), at.1);
                    seal(
                        sheet,
                        rng,
                        self.tools.label,
                        &self.content.office.seal,
                        place,
                        self.content.year <= 1975,
                    );
                }
                signature(sheet, rng, at, 420.0, self.tools.clerks[0].colour, self.tools.fade);
                let free = !p.items.iter().any(|item| item.field == "officer_name");
                if p.form.layout == Layout::Blocks && free && rng.chance(0.75) {
                    let pen = self.tools.pen(entry.clerk, 84.0 * self.tools.scale);
                    let written = crate::content::Written::plain(entry.officer.clone());
                    let width = pen.writer.measure(&entry.officer, pen.size);
                    let start = (centre - width / 2.0).max(x.0);
                    let room =
                        Room { x0: start, x1: (start + width * 1.2).min(x.1), y: y.1 - room * 0.08 - 6.0 };
                    super::typeset::Pen { slips: 0.0, ..pen }.write(
                        sheet,
                        rng,
                        slot,
                        "officer_name",
                        &written,
                        &[room],
                    );
                }
            } else if rng.chance(0.07) {
                fingerprint(sheet, rng, at);
            } else if rng.chance(0.93) {
                let colour = if rng.chance(0.5) { self.tools.clerks[0].colour } else { [38, 44, 110] };
                signature(sheet, rng, at, 420.0, colour, self.tools.fade);
            }
        }
        if let Some(entry) = entry
            && (entry.act.late && rng.chance(0.55) || rng.chance(0.05))
        {
            let words = if entry.act.late {
                ["QUÁ HẠN", "KHAI TRỄ HẠN", "ĐĂNG KÝ QUÁ HẠN", "TRỄ HẠN"][rng.below(4)]
            } else {
                ["SAO Y BẢN CHÍNH", "ĐÃ CẤP BẢN CHÍNH", "ĐÃ CẤP TRÍCH LỤC", "THẤT LẠC", "ĐĂNG KÝ LẠI"]
                    [rng.below(5)]
            };
            let centre = (x.0 + (x.1 - x.0) * rng.range(0.15, 0.85), y.0 - rng.range(-40.0, 500.0));
            rubber_stamp(sheet, rng, self.tools.label, words, centre);
        }
    }
}
