//! Which slots of a page belong to which entry.

use crate::chain::{Observation, Role, Way, best_way};
use crate::forms::LoadedForm;
use crate::matching::find_inside;
use crate::ruling::Stroke;
use crate::structure::Structure;

use super::{Item, Slots};

impl Slots<'_> {
    /// What every slot is, and the slots of each entry.
    pub(super) fn grouped(&self, form: &LoadedForm) -> (Way, Vec<Vec<usize>>) {
        let (way, mut groups) = if form.form.layout == "act" { self.acts(form) } else { self.blocks(form) };
        groups.truncate(form.form.max_entries as usize);
        (way, groups)
    }

    /// The acts of a page, one above the other: where most labels stand twice, there are two.
    pub(super) fn acts(&self, form: &LoadedForm) -> (Way, Vec<Vec<usize>>) {
        let seen = self.observe(form);
        let way = best_way(form, &seen);
        let all: Vec<usize> = (0..self.items.len()).collect();
        let parts = match self.second_act(form, &way) {
            Some((end, start)) if form.form.max_entries > 1 => {
                let at = |i: &usize| self.height(&self.items[*i]);
                let upper: Vec<usize> = all.iter().copied().filter(|i| at(i) < end).collect();
                let lower = all.iter().copied().filter(|i| at(i) >= start).collect();
                vec![upper, lower]
            }
            _ => return (way, vec![all]),
        };
        let mut whole = Way { roles: vec![(Role::Nothing, false); self.items.len()], score: way.score };
        for part in &parts {
            let own: Vec<Observation> = part.iter().map(|i| seen[*i].clone()).collect();
            let way = best_way(form, &own);
            for (i, role) in part.iter().zip(way.roles) {
                whole.roles[*i] = role;
            }
        }
        (whole, parts)
    }

    /// Middle of the line an item stands on.
    pub(super) fn height(&self, item: &Item) -> f64 {
        self.structure.lines.get(item.line).map_or(0.0, |l| f64::from(l.band.0 + l.band.1) / 2.0)
    }

    /// Where the first of two acts ends and where the fields of the second begin.
    pub(super) fn second_act(&self, form: &LoadedForm, way: &Way) -> Option<(f64, f64)> {
        let th = f64::from(self.structure.text_height);
        let mut heights: Vec<Vec<f64>> = vec![Vec::new(); form.form.fields.len()];
        for (i, (role, _)) in way.roles.iter().enumerate() {
            // What one act prints for each of two people stands twice in one act.
            if let Role::Field(f) = role
                && let Some(found) = self.label(i, form, *f).filter(|found| found.likeness > 0.7)
                && !self.shared(i, form, *f, found.score)
            {
                heights[*f].push(self.height(&self.items[i]));
            }
        }
        let seen = heights.iter().filter(|h| !h.is_empty()).count();
        let twice: Vec<(f64, f64)> = heights
            .iter()
            .filter_map(|h| {
                let first = h.iter().copied().reduce(f64::min)?;
                let last = h.iter().copied().reduce(f64::max)?;
                (last - first > 12.0 * th).then_some((first, last))
            })
            .collect();
        if twice.len() < 4 || twice.len() * 5 < seen * 2 {
            return None;
        }
        // The height that parts most pairs; among those the lowest.
        let parted = |y: f64| twice.iter().filter(|t| t.0 < y && t.1 >= y).count();
        let start =
            twice.iter().map(|t| t.1).max_by(|a, b| parted(*a).cmp(&parted(*b)).then(b.total_cmp(a)))?;
        if parted(start) * 10 < twice.len() * 8 {
            return None;
        }
        let last = twice.iter().map(|t| t.0).filter(|y| *y < start).fold(0.0, f64::max);
        let start = start - 1.5 * th;
        // Between the two stands the heading of the second.
        let heading = self.items.iter().filter(|item| {
            let y = self.height(item);
            y > last + th
                && y < start
                && item.read.as_ref().is_some_and(|(_, reading)| {
                    form.titles.iter().any(|title| {
                        let found = find_inside(title, reading);
                        found.likeness > 0.7 && found.score > 3.0
                    })
                })
        });
        let end = heading.map(|item| self.height(item) - 3.5 * th).fold(start, f64::min);
        Some((end.max(last + th), start))
    }

    /// Whether the label in a slot is as much that of another field: `Tuổi` of the groom and of the bride.
    fn shared(&self, item: usize, form: &LoadedForm, field: usize, score: f32) -> bool {
        let other = |f: usize| self.label(item, form, f).is_some_and(|found| found.score > score - 0.5);
        (0..form.form.fields.len()).any(|f| f != field && other(f))
    }

    /// Blocks of labels, one below the other.
    pub(super) fn blocks(&self, form: &LoadedForm) -> (Way, Vec<Vec<usize>>) {
        let way = best_way(form, &self.observe(form));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (i, (role, restart)) in way.roles.iter().enumerate() {
            let field = !matches!(role, Role::Nothing);
            if field && (groups.is_empty() || *restart) {
                groups.push(Vec::new());
            }
            if let Some(group) = groups.last_mut() {
                group.push(i);
            }
        }
        // An entry of two or three slots is the head of the next one, unless a ruling parts them.
        let mut index = 0;
        while index + 1 < groups.len() {
            let fields = groups[index].iter().filter(|i| matches!(way.roles[**i].0, Role::Field(_))).count();
            if fields <= 3 && !self.apart(&way, &groups[index], &groups[index + 1]) {
                let head = groups.remove(index);
                groups[index].splice(0..0, head);
            } else {
                index += 1;
            }
        }
        // Two entries bear the same labels; parts that share none are one entry, in which damage
        // hid what lies between.
        let mut index = 0;
        while index + 1 < groups.len() {
            let (a, b) = (self.named(form, &way, &groups[index]), self.named(form, &way, &groups[index + 1]));
            let shared = a.iter().filter(|f| b.contains(f)).count();
            // Of three labels of a second entry more than one would stand in the first too.
            let parted = self.apart(&way, &groups[index], &groups[index + 1]);
            let few = if parted { 0 } else { a.len().min(b.len()) / 3 };
            if shared <= few {
                let next = groups.remove(index + 1);
                groups[index].extend(next);
            } else {
                index += 1;
            }
        }
        (way, groups)
    }

    /// Whether a ruling parts the last field of a group of slots from the first of the next.
    pub(super) fn apart(&self, way: &Way, above: &[usize], below: &[usize]) -> bool {
        let line = |i: Option<&usize>| i.map(|i| self.items[*i].line);
        let field = |i: &&usize| !matches!(way.roles[**i].0, Role::Nothing);
        match (line(above.iter().rev().find(field)), line(below.iter().find(field))) {
            (Some(a), Some(b)) => parted(self.structure, a, b),
            _ => false,
        }
    }

    /// Fields whose labels were seen in a group of slots.
    pub(super) fn named(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> Vec<usize> {
        let fields = group.iter().filter_map(|i| match way.roles[*i].0 {
            Role::Field(f) => {
                let found = self.label(*i, form, f)?;
                (found.likeness > 0.6).then_some(f)
            }
            _ => None,
        });
        fields.collect()
    }
}

/// Whether a ruling, or much more than a line's height, lies between two lines.
pub(super) fn parted(structure: &Structure, above: usize, below: usize) -> bool {
    let (Some(a), Some(b)) = (structure.lines.get(above), structure.lines.get(below)) else { return false };
    let (top, bottom) = (a.bbox.centre().y, b.bbox.centre().y);
    if above == below || bottom <= top {
        return false;
    }
    let x = b.bbox.centre().x as f32;
    structure.horizontals.iter().any(|r| {
        let y = f64::from(r.at(x));
        r.stroke == Stroke::Solid && y > top && y < bottom && r.length() > 0.45 * structure.width as f32
    })
}
