//! Connected components of ink (eight neighbours), by runs and union-find.

use crate::raster::Page;

/// A connected piece of ink.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct Component {
    /// Left edge, inclusive.
    pub x0: u32,
    /// Top edge, inclusive.
    pub y0: u32,
    /// Right edge, exclusive.
    pub x1: u32,
    /// Bottom edge, exclusive.
    pub y1: u32,
    /// Pixels of ink.
    pub area: u32,
}

impl Component {
    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.x1 - self.x0
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.y1 - self.y0
    }

    /// Middle, left to right.
    pub fn cx(&self) -> f32 {
        (self.x0 + self.x1) as f32 / 2.0
    }

    /// Middle, top to bottom.
    pub fn cy(&self) -> f32 {
        (self.y0 + self.y1) as f32 / 2.0
    }
}

/// All components of the ink plane, in reading order of their first pixel.
pub(crate) fn components(page: &Page) -> Vec<Component> {
    struct Run {
        x0: u32,
        x1: u32,
        set: u32,
    }
    let (w, h) = (page.width, page.height);
    let mut parent: Vec<u32> = Vec::new();
    let mut found: Vec<Component> = Vec::new();
    fn root(parent: &mut [u32], mut i: u32) -> u32 {
        while parent[i as usize] != i {
            let up = parent[parent[i as usize] as usize];
            parent[i as usize] = up;
            i = up;
        }
        i
    }
    let mut above: Vec<Run> = Vec::new();
    let mut row: Vec<Run> = Vec::new();
    for y in 0..h {
        row.clear();
        let line = &page.ink[y * w..(y + 1) * w];
        let mut x = 0;
        let mut first_above = 0;
        while x < w {
            if line[x] == 0 {
                x += 1;
                continue;
            }
            let x0 = x;
            while x < w && line[x] != 0 {
                x += 1;
            }
            let (a, b) = (x0 as u32, x as u32);
            let mut set = u32::MAX;
            while first_above < above.len() && above[first_above].x1 < a {
                first_above += 1;
            }
            for run in &above[first_above..] {
                if run.x0 > b {
                    break;
                }
                let other = root(&mut parent, run.set);
                if set == u32::MAX {
                    set = other;
                } else {
                    let mine = root(&mut parent, set);
                    let (low, high) = (mine.min(other), mine.max(other));
                    parent[high as usize] = low;
                    set = low;
                }
            }
            if set == u32::MAX {
                set = parent.len() as u32;
                parent.push(set);
                found.push(Component { x0: a, y0: y as u32, x1: b, y1: y as u32 + 1, area: 0 });
            }
            let c = &mut found[set as usize];
            c.x0 = c.x0.min(a);
            c.x1 = c.x1.max(b);
            c.y1 = y as u32 + 1;
            c.area += b - a;
            row.push(Run { x0: a, x1: b, set });
        }
        std::mem::swap(&mut above, &mut row);
    }
    for i in 0..found.len() {
        let top = root(&mut parent, i as u32) as usize;
        if top != i {
            let part = found[i];
            let c = &mut found[top];
            c.x0 = c.x0.min(part.x0);
            c.y0 = c.y0.min(part.y0);
            c.x1 = c.x1.max(part.x1);
            c.y1 = c.y1.max(part.y1);
            c.area += part.area;
        }
    }
    (0..found.len()).filter(|i| parent[*i] == *i as u32).map(|i| found[i]).collect()
}
