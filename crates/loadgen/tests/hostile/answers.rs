//! The cases of `answers.txt`: every request is answered with the same bytes.

use crate::case::{Case, Class, Conn};
use crate::server::Then;

const TABLE: &str = include_str!("answers.txt");

pub fn cases() -> Vec<Case> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(of_line)
        .collect()
}

fn of_line(line: &'static str) -> Case {
    let columns: Vec<&str> = line.splitn(7, " | ").collect();
    let &[row, what, class, kinds, conn, then, bytes] = columns.as_slice() else {
        panic!("{line:?} has {} columns", columns.len());
    };
    let class = Class::ALL
        .into_iter()
        .find(|known| known.name() == class)
        .unwrap();
    let conn = if conn == "reuse" {
        Conn::Reuse
    } else {
        Conn::Close
    };
    let then = match then {
        "keep" => Then::Keep,
        "fin" => Then::Fin,
        "reset" => Then::Reset,
        _ => Then::Silence,
    };
    let kinds = kinds.split(", ").filter(|kind| *kind != "-").collect();
    Case::answer(row, what, (class, kinds, conn), unescape(bytes), then)
}

/// The bytes that a line stands for: `\r`, `\n`, `\0` and `\xHH`, and `{count*bytes}` repeated.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((count, piece, behind)) = repetition(rest) {
            bytes.extend(unescape(piece).repeat(count));
            rest = behind;
        } else if first == '\\' {
            let (byte, length) = match &rest[1..2] {
                "r" => (b'\r', 2),
                "n" => (b'\n', 2),
                "0" => (0, 2),
                _ => (u8::from_str_radix(&rest[2..4], 16).unwrap(), 4),
            };
            bytes.push(byte);
            rest = &rest[length..];
        } else {
            bytes.push(u8::try_from(first).unwrap());
            rest = &rest[1..];
        }
    }
    bytes
}

fn repetition(text: &str) -> Option<(usize, &str, &str)> {
    let (inside, behind) = text.strip_prefix('{')?.split_once('}')?;
    let (count, piece) = inside.split_once('*')?;
    Some((count.parse().ok()?, piece, behind))
}
