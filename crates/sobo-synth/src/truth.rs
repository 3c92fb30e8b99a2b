//! The truth of a page: one JSON beside every image.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sobo_core::{Ink, RegisterType};

/// `[x, y, w, h]` in whole pixels of the image file.
pub type Bounds = [i64; 4];
/// Four corners, clockwise from top left, in pixels with one decimal.
pub type Corners = [[f64; 2]; 4];

/// One written line of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthLine {
    /// Its words.
    pub text: String,
    /// Box of its ink.
    pub bbox: Bounds,
    /// Corners of its ink, following the warp.
    pub quad: Corners,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthField {
    /// What is written, lines joined by one space.
    pub text: String,
    /// Normal form, where one exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Box around its lines.
    pub bbox: Bounds,
    /// Corners around its lines.
    pub quad: Corners,
    /// How the ink came onto the paper.
    pub kind: Ink,
    /// Word struck out before the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub struck: Option<String>,
    /// Share of the ink under holes and tears.
    pub lost: f64,
    /// Font family.
    pub font: String,
    /// Identifies the writer within a run of the tool.
    #[serde(default)]
    pub writer: String,
    /// Its lines.
    pub lines: Vec<TruthLine>,
}

/// One act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthEntry {
    /// Box of the act.
    pub bbox: Bounds,
    /// Fields by name.
    pub fields: IndexMap<String, TruthField>,
}

/// A printed header or label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthPrint {
    /// Its words.
    pub text: String,
    /// Box of its ink.
    pub bbox: Bounds,
    /// Corners.
    pub quad: Corners,
    /// Share of the ink under holes and tears.
    pub lost: f64,
}

/// A seal or rubber stamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthStamp {
    /// Its words.
    pub text: String,
    /// Box.
    pub bbox: Bounds,
    /// Corners.
    pub quad: Corners,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthPage {
    /// Image file name.
    pub page: String,
    /// Width and height of the image.
    pub size: [u32; 2],
    /// Resolution.
    pub dpi: u32,
    /// Form family.
    pub family: String,
    /// `light`, `medium` or `heavy`.
    pub level: String,
    /// What is recorded.
    pub register_type: RegisterType,
    /// Office as printed.
    pub office: String,
    /// Year of the register.
    pub year: i32,
    /// Acts in reading order.
    pub entries: Vec<TruthEntry>,
    /// Headers and labels.
    pub printed: Vec<TruthPrint>,
    /// Seals and stamps.
    pub stamps: Vec<TruthStamp>,
    /// Stem of the form's file.
    #[serde(default)]
    pub form: String,
    /// Name of the volume.
    #[serde(default)]
    pub volume: String,
    /// How the image was taken: `scanner`, `grey`, `bitonal`, `phone`.
    #[serde(default)]
    pub capture: String,
    /// Seed of the page.
    #[serde(default)]
    pub seed: u64,
}

impl TruthPage {
    /// Moves all boxes to an image resized by `factor` to `size`.
    pub fn scale(&mut self, factor: f64, size: [u32; 2]) {
        let bounds = |b: &mut Bounds| {
            let edges = [b[0], b[1], b[0] + b[2], b[1] + b[3]].map(|edge| edge as f64 * factor);
            let (x0, y0) = (edges[0].floor() as i64, edges[1].floor() as i64);
            let (x1, y1) = (
                (edges[2].ceil() as i64).min(i64::from(size[0])),
                (edges[3].ceil() as i64).min(i64::from(size[1])),
            );
            *b = [x0, y0, x1 - x0, y1 - y0];
        };
        let corners = |quad: &mut Corners| {
            quad.iter_mut().flatten().for_each(|value| *value = (*value * factor * 10.0).round() / 10.0);
        };
        for entry in &mut self.entries {
            bounds(&mut entry.bbox);
            for field in entry.fields.values_mut() {
                bounds(&mut field.bbox);
                corners(&mut field.quad);
                for line in &mut field.lines {
                    bounds(&mut line.bbox);
                    corners(&mut line.quad);
                }
            }
        }
        for label in &mut self.printed {
            bounds(&mut label.bbox);
            corners(&mut label.quad);
        }
        for stamp in &mut self.stamps {
            bounds(&mut stamp.bbox);
            corners(&mut stamp.quad);
        }
        self.size = size;
    }
}
