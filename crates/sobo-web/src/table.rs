//! Tables to take away: CSV and XLSX.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook};

use crate::error::{Result, WebError};

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Count(i64),
    /// A share of one, shown in per cent.
    Share(f64),
    /// Nothing to say.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

/// A table with a name, a head and rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(name: &str, head: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            head: head.iter().map(|text| (*text).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// The table as the bytes of a CSV file (RFC 4180), UTF-8 with its mark.
    pub(crate) fn csv(&self) -> Vec<u8> {
        // The mark lets spreadsheets read the letters as UTF-8.
        let mut text = String::from("\u{feff}");
        let mut line = |cells: Vec<String>| {
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        };
        line(self.head.iter().map(|head| quoted(head)).collect());
        for row in &self.rows {
            line(
                row.iter()
                    .map(|cell| match cell {
                        Cell::Text(text) => quoted(text),
                        Cell::Count(count) => count.to_string(),
                        Cell::Share(share) => format!("{share:.6}"),
                        Cell::Empty => String::new(),
                    })
                    .collect(),
            );
        }
        text.into_bytes()
    }
}

/// A cell of a CSV file. Cells that a spreadsheet would take for a formula get an apostrophe.
fn quoted(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Tables as one workbook, a sheet each.
///
/// # Errors
/// A table has more rows or longer texts than the format allows.
pub(crate) fn xlsx(tables: &[Table]) -> Result<Vec<u8>> {
    let failed = |error: rust_xlsxwriter::XlsxError| WebError::Internal(format!("workbook: {error}"));
    let mut workbook = Workbook::new();
    let head = Format::new().set_bold();
    let share = Format::new().set_num_format("0.00%");
    for table in tables {
        let sheet = workbook.add_worksheet();
        // At most 31 characters, some of them forbidden.
        let name: String = table.name.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect();
        sheet.set_name(&name).map_err(failed)?;
        for (column, text) in (0_u16..).zip(&table.head) {
            sheet.write_string_with_format(0, column, text, &head).map_err(failed)?;
        }
        for (row, cells) in (1_u32..).zip(&table.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    // Written as text, so that nothing becomes a formula.
                    Cell::Text(text) => sheet.write_string(row, column, text).map_err(failed)?,
                    Cell::Count(count) => sheet.write_number(row, column, *count as f64).map_err(failed)?,
                    Cell::Share(part) => {
                        sheet.write_number_with_format(row, column, *part, &share).map_err(failed)?
                    }
                    Cell::Empty => continue,
                };
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        sheet.autofit();
    }
    workbook.save_to_buffer().map_err(failed)
}

/// A file to be kept, its kind told by the end of its name: `….csv` gives the first table, `….xlsx` all.
///
/// # Errors
/// The name ends otherwise, or the workbook cannot be made.
pub(crate) fn download(name: &str, tables: &[Table]) -> Result<Response> {
    let (kind, bytes) = match (name.rsplit('.').next(), tables.first()) {
        (Some("csv"), Some(table)) => ("text/csv; charset=utf-8", table.csv()),
        (Some("xlsx"), Some(_)) => {
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx(tables)?)
        }
        _ => return Err(WebError::NotFound(name.to_owned())),
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(quoted("Quận 1"), "Quận 1");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
    }

    #[test]
    fn both_kinds_hold_the_table() {
        let mut table = Table::new("Trường: tên/họ", &["Trường", "Tỉ lệ"]);
        table.rows.push(vec!["Họ tên, cha".into(), Cell::Share(0.125)]);
        let csv = String::from_utf8(table.csv()).unwrap();
        assert_eq!(csv, "\u{feff}Trường,Tỉ lệ\r\n\"Họ tên, cha\",0.125000\r\n");
        let book = xlsx(&[table]).unwrap();
        // A zip archive (PKWARE's local file header).
        assert_eq!(&book[..4], b"PK\x03\x04");
    }
}
