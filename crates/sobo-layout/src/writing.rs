//! What among pieces of ink is writing.

use sobo_core::{Rect, Restored};

use crate::component::Component;
use crate::line::bounds;

/// Share of its box that a speck or blot fills; a bold letter fills less, a disc a little more.
const FILLED: f64 = 0.71;

/// The extent of writing among pieces of ink: specks, blots and dirt far from it left out. `None`
/// where nothing is written.
pub(crate) fn writing(components: &[Component], th: f64) -> Option<Rect<Restored>> {
    let stroke = |c: &&Component| {
        let (w, h, ink) = (f64::from(c.width()), f64::from(c.height()), f64::from(c.area));
        // A speck or blot is filled; a letter is drawn.
        let blot = ink > FILLED * w * h && w > 0.3 * th && h > 0.3 * th && w < 3.0 * h && h < 3.0 * w;
        let slim = h >= 0.28 * th && h >= 1.5 * w;
        !blot && (h.max(w) >= 0.38 * th || slim) && h < 4.0 * th
    };
    let mut strokes: Vec<&Component> = components.iter().filter(stroke).collect();
    strokes.sort_by_key(|c| (c.x0, c.y0));
    // Most of the ink lies on the line; what lies far above or below is dirt.
    let mut heights: Vec<(f64, f64)> =
        strokes.iter().map(|c| (f64::from(c.cy()), f64::from(c.area))).collect();
    heights.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = heights.iter().map(|h| h.1).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let middle = heights.iter().find(|h| {
        sum += h.1;
        sum >= half
    })?;
    strokes.retain(|c| (f64::from(c.cy()) - middle.0).abs() < 1.5 * th);
    struct Group {
        rect: Rect<Restored>,
        area: f64,
        /// Area of its pieces' boxes.
        boxes: f64,
        large: usize,
        count: usize,
    }
    impl Group {
        /// Strokes of a pen leave most of a letter's box white; dots of mould and holes fill theirs.
        fn filled(&self) -> f64 {
            self.area / self.boxes.max(1.0)
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for c in strokes {
        let (rect, area) = (bounds(c), f64::from(c.area));
        let large = usize::from(f64::from(c.height()) >= 0.6 * th || f64::from(c.width()) >= 0.9 * th);
        match groups.last_mut() {
            Some(g) if rect.x - g.rect.right() < 2.0 * th => {
                g.rect = g.rect.union(&rect);
                g.area += area;
                g.boxes += rect.w * rect.h;
                g.large += large;
                g.count += 1;
            }
            _ => groups.push(Group { rect, area, boxes: rect.w * rect.h, large, count: 1 }),
        }
    }
    // Dirt far from the writing.
    let total: f64 = groups.iter().map(|g| g.area).sum();
    let drawn = groups.iter().filter(|g| g.area >= 0.25 * total).map(|g| (g.filled(), g.rect));
    if let Some((filled, own)) = drawn.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(filled, _)| *filled < 0.45)
    {
        let near = |g: &Group| g.rect.x < own.right() + 4.0 * th && g.rect.right() > own.x - 4.0 * th;
        groups.retain(|g| near(g) || g.filled() < filled.max(0.45) + 0.13);
    }
    let most = groups.iter().map(|g| g.area).fold(0.0, f64::max);
    groups.retain(|g| g.area >= 0.25 * most || (g.rect.w > 1.6 * th && g.large >= 2));
    let count: usize = groups.iter().map(|g| g.count).sum();
    let large: usize = groups.iter().map(|g| g.large).sum();
    let core = groups.iter().map(|g| g.rect).reduce(|a, b| a.union(&b))?;
    // Two short strokes may be a ditto mark.
    if most < 0.07 * th * th || (large == 0 && count < 2) {
        return None;
    }
    // Marks that belong to the letters.
    let near = core.grown(0.6 * th, 0.55 * th);
    let marks = components.iter().filter(|c| {
        let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
        f64::from(c.height()) < 0.8 * th && x > near.x && x < near.right() && y > near.y && y < near.bottom()
    });
    Some(marks.map(bounds).fold(core, |all, mark| all.union(&mark)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A piece at `(x, y)`, `w` × `h`, of which a share is ink.
    fn piece(x: u32, y: u32, w: u32, h: u32, share: f64) -> Component {
        let area = (share * f64::from(w * h)) as u32;
        Component { x0: x, y0: y, x1: x + w, y1: y + h, area }
    }

    #[test]
    fn dots_of_mould_far_from_the_writing_are_left_out() {
        let mut ink: Vec<Component> = (0..4).map(|i| piece(20 + 18 * i, 20, 14, 20, 0.35)).collect();
        ink.extend((0..5).map(|i| piece(400 + 21 * i, 22 + 3 * (i % 2), 14, 13, 0.62)));
        let found = writing(&ink, 20.0).unwrap();
        assert_eq!((found.x, found.right()), (20.0, 88.0));
        // Alone they are what there is: what they are is for the reader to say.
        assert!(writing(&ink[4..], 20.0).is_some());
    }

    #[test]
    fn words_far_apart_stay_together() {
        let mut ink: Vec<Component> = (0..4).map(|i| piece(20 + 18 * i, 20, 14, 20, 0.35)).collect();
        ink.extend((0..3).map(|i| piece(300 + 18 * i, 20, 14, 20, 0.4)));
        assert_eq!(writing(&ink, 20.0).unwrap().right(), 350.0);
    }
}
