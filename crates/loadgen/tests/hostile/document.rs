//! `docs/bad-servers.md` says for every row what the cases here show.

use std::collections::BTreeMap;

use crate::case::{Class, Conn, kind_named};
use crate::{answers, rows_body, rows_connection, rows_framing, rows_tls};

const DOCUMENT: &str = include_str!("../../../../docs/bad-servers.md");
/// Names are resolved before the run.
const IN_PYTHON: [&str; 5] = ["B01", "B02", "B03", "B04", "B05"];

/// What all cases of one row show, in their order, each thing once.
#[derive(Default)]
struct Row {
    kinds: Vec<&'static str>,
    sides: Vec<&'static str>,
    classes: Vec<&'static str>,
    conns: Vec<&'static str>,
    files: Vec<&'static str>,
}

impl Row {
    fn cells(&self) -> [String; 4] {
        let kinds: Vec<String> = self.kinds.iter().map(|kind| format!("`{kind}`")).collect();
        [
            or_dash(&kinds.join(", ")),
            or_dash(&self.sides.join(", ")),
            self.classes.join(", "),
            or_dash(&self.conns.join(", ")),
        ]
    }

    fn add(&mut self, class: Class, kinds: &[&'static str], conn: Option<Conn>) {
        for kind in kinds {
            add_once(&mut self.kinds, kind);
            // What is only a warning blames the target.
            let side = kind_named(kind).map_or("target", |kind| kind.side().name());
            add_once(&mut self.sides, side);
        }
        add_once(&mut self.classes, class.name());
        if let Some(conn) = conn {
            add_once(&mut self.conns, conn.name());
        }
    }
}

fn add_once(seen: &mut Vec<&'static str>, name: &'static str) {
    if !seen.contains(&name) {
        seen.push(name);
    }
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".into()
    } else {
        text.into()
    }
}

fn tested_rows() -> BTreeMap<&'static str, Row> {
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    for (file, cases) in [
        ("rows_connection.rs", rows_connection::cases()),
        ("rows_tls.rs", rows_tls::cases()),
        ("answers.txt", answers::cases()),
        ("rows_framing.rs", rows_framing::cases()),
        ("rows_body.rs", rows_body::cases()),
    ] {
        for case in cases {
            let row = rows.entry(case.row).or_default();
            row.add(case.class, &case.kinds, Some(case.conn));
            add_once(&mut row.files, file);
        }
    }
    for end in rows_connection::dead_ends() {
        let row = rows.entry(end.row).or_default();
        row.add(Class::Err, &[end.kind], None);
        add_once(&mut row.files, "rows_connection.rs");
    }
    rows
}

/// The cells of each line of the table, by the number of its row.
fn documented_rows() -> BTreeMap<&'static str, Vec<&'static str>> {
    let lines = DOCUMENT.lines().filter(|line| line.starts_with("| B"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0], cells[1..].to_vec())
        })
        .collect()
}

#[test]
fn the_document_says_what_the_cases_show() {
    let _turn = crate::take_turn();
    let documented = documented_rows();
    let tested = tested_rows();
    let all: Vec<String> = (1..=83).map(|number| format!("B{number:02}")).collect();
    assert_eq!(
        all,
        documented.keys().copied().collect::<Vec<_>>(),
        "rows of the document"
    );
    for name in IN_PYTHON {
        assert!(!tested.contains_key(name), "{name}");
    }
    for (name, cells) in &documented {
        assert_eq!(7, cells.len(), "cells of {name}: {cells:?}");
        if let Some(row) = tested.get(name) {
            assert_eq!(row.cells(), cells[1..5], "{name}");
            assert_eq!(row.files.join(", "), cells[6], "tests of {name}");
        } else {
            assert!(IN_PYTHON.contains(name), "{name} has no case");
        }
    }
}
