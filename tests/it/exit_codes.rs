//! `docs/exit-codes.md` says what the program does.

use std::fs;
use std::path::Path;

use vaultctl::cli::Code;

/// The rows of the document's table: number, name, meaning.
fn rows() -> Vec<(u8, String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md");
    let text = fs::read_to_string(path).expect("the document is there");
    text.lines().filter(|line| line.starts_with("| ")).filter_map(read_row).collect()
}

fn read_row(row: &str) -> Option<(u8, String, String)> {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    Some((cells[1].parse().ok()?, cells[2].trim_matches('`').to_owned(), cells[3].to_owned()))
}

/// Each code and what it means.
pub(crate) fn documented() -> Vec<(u8, String)> {
    rows().into_iter().map(|(code, _, meaning)| (code, meaning.replace('`', ""))).collect()
}

#[test]
fn the_document_has_every_code_and_no_other() {
    let documented: Vec<(u8, String)> =
        rows().into_iter().map(|(code, name, _)| (code, name)).collect();
    let real: Vec<(u8, String)> =
        Code::ALL.iter().map(|code| (*code as u8, format!("{code:?}"))).collect();
    assert_eq!(documented, real);
}
