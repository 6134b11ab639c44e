//! CSV (RFC 4180), each row as a map from the header's words to its texts.

use csv_core::{ReadFieldResult, Reader};
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretText};

use super::Error;
use super::node::{Node, utf8};

const FORMAT: &str = "CSV";

/// A table: what the columns are called (in small letters) and what is in the rows.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One row.
pub(super) struct Row {
    /// Counted from 1, the header left out.
    pub(super) number: usize,
    pub(super) cells: Vec<SecretText>,
}

impl Table {
    pub(super) fn read(content: &Secret) -> Result<Self, Error> {
        // EXPOSE: parsed; every cell becomes a secret.
        let text = utf8(content.expose(), FORMAT)?;
        let mut records = records(text)?.into_iter();
        let header = records.next().unwrap_or_default();
        // EXPOSE: the header's words are no secrets, or this is no export and nothing comes of it.
        let columns = header.iter().map(|cell| cell.expose().trim().to_lowercase()).collect();
        let row = |(number, cells)| Row { number: number + 1, cells };
        Ok(Self { columns, rows: records.enumerate().map(row).collect() })
    }

    pub(super) fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|wanted| self.columns.iter().any(|column| column == wanted))
    }
}

impl Row {
    /// The row as a map; `None` when it has more or fewer cells than there are columns.
    pub(super) fn into_node(self, columns: &[String]) -> Option<Node> {
        let fits = self.cells.len() == columns.len();
        let cells = self.cells.into_iter().map(Node::Text);
        fits.then(|| Node::Map(columns.iter().cloned().zip(cells).collect()))
    }
}

fn records(text: &str) -> Result<Vec<Vec<SecretText>>, Error> {
    let (mut reader, mut input) = (Reader::new(), text.as_bytes());
    // No cell is longer than the whole.
    let mut cell = Zeroizing::new(vec![0; text.len() + 1]);
    let (mut filled, mut record, mut records) = (0, Vec::new(), Vec::new());
    loop {
        let (result, read, written) = reader.read_field(input, &mut cell[filled..]);
        input = input.get(read..).unwrap_or_default();
        filled += written;
        match result {
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::OutputFull => return Err(Error::TooLarge(cell.len())),
            ReadFieldResult::Field { record_end } => {
                record.push(secret(&cell[..filled], records.len() + 1)?);
                filled = 0;
                if record_end {
                    records.push(std::mem::take(&mut record));
                }
            }
            ReadFieldResult::End => return Ok(records),
        }
    }
}

fn secret(cell: &[u8], line: usize) -> Result<SecretText, Error> {
    let text = std::str::from_utf8(cell);
    let text =
        text.map_err(|_| Error::Malformed { format: FORMAT, line, reason: "a broken cell" })?;
    Ok(SecretText::copy_from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_and_line_ends() {
        let text = "\u{feff}Name, Note \r\n\"a,\"\"b\"\"\",\"one\r\ntwo\"\r\nx\r\n,last";
        let table = Table::read(&Secret::copy_from(text.as_bytes())).expect("reads");
        assert_eq!(table.columns, ["name", "note"]);
        let mut rows =
            table.rows.into_iter().map(|row| (row.number, row.into_node(&table.columns)));
        let (_, first) = rows.next().expect("is there");
        let mut first = first.expect("fits");
        assert_eq!(first.take("name").into_label(), "a,\"b\"");
        assert_eq!(first.take("note").into_label(), "one\r\ntwo");
        assert!(matches!(rows.next(), Some((2, None))));
        let (_, last) = rows.next().expect("is there");
        assert_eq!(last.expect("fits").take("note").into_label(), "last");
    }

    #[test]
    fn an_empty_file_has_no_columns() {
        assert!(!Table::read(&Secret::copy_from(b"")).expect("reads").has(&["name"]));
    }
}
