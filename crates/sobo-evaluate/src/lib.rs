//! How reading is judged: truth files, scoring and reports.
//!
//! A truth file lies beside each page image; [`PageTruth`] is its shape. [`score_page`] compares a
//! [`sobo_core::PageReading`] with it field by field, [`Scores`] sums pages into [`Figures`] per
//! slice (ink × level × family × field), and [`report`] prints them with the weakest slice first.
//! Coverage and accuracy are always two numbers. Nothing here reads an image.

mod calibrate;
mod figures;
mod interval;
mod lines;
mod page;
pub mod report;
mod truth;

pub use calibrate::fit_calibration;
pub use figures::{CalibrationBin, CurvePoint, Figures, Scores, Slice};
pub use interval::{Interval, wilson};
pub use lines::{LineFigures, LineOutcome, LineTruth, read_labels, score_line, summarise_lines};
pub use page::{FieldOutcome, PageOutcome, Verdict, score_page};
pub use truth::{EntryTruth, FieldTruth, Level, LineBox, PageTruth, PrintedTruth, StampTruth, TruthError};
