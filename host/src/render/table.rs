//! Tables: columns as wide as what stands in them, as far as the line goes.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use super::Page;

/// Writes a table. Columns of which every cell is a number, or none, stand on the right, and are never broken.
pub(super) fn table<const COLUMNS: usize>(page: &mut Page, heads: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width(page)).set_header(heads);
    for row in rows {
        table.add_row(row.iter().map(Cell::new));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((2, 0));
        let is_number = |row: &[String; COLUMNS]| row.get(index).is_some_and(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()));
        if rows.iter().all(is_number) {
            column.set_constraint(ColumnConstraint::ContentWidth).set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.lines() {
        page.raw(line.trim_end());
    }
}

fn width(page: &Page) -> u16 {
    u16::try_from(page.width()).unwrap_or(u16::MAX)
}
