//! Rows → a table as kubectl prints it.

use std::fmt::Write;

/// The rows, the first of which is the head, with their columns below one another.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len))
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max())
        .map(|width| width.unwrap_or(0) + 3)
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
