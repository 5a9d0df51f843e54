//! Which answers are known, and what do they mean?
//!
//! `crates/answers/corpus/*.txt`, one case after the other, an empty line between two:
//!
//! ```text
//! == a length and its body
//! GET -> 200 keep
//! HTTP/1.1 200 OK\r\n
//! Content-Length: 3\r\n
//! \r\n
//! abc
//! ```
//!
//! The second line is the request's method (GET or HEAD) and the outcome when the connection ends
//! after the last byte: status and what becomes of the connection, bytes left over, warnings; or
//! the kind of the failure. Bytes are text with `\r \n \t \\ \xNN`; line breaks of the file mean
//! nothing. `*257 ` at the start of a line repeats the rest of it. Lines with `#` between two cases
//! are remarks.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// One answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Case {
    /// What it is.
    pub name: String,
    /// Whether it answers a HEAD request.
    pub is_head_request: bool,
    /// All bytes that the other side sends before it ends the connection.
    pub input: Vec<u8>,
    /// The text of the outcome.
    pub expected: String,
}

/// The folder of the corpus.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Every case, file by file in order of name.
///
/// # Errors
/// A file that cannot be read, or the line that is no part of a case.
pub fn load() -> Result<Vec<Case>, String> {
    let entries = std::fs::read_dir(folder()).map_err(|error| error.to_string())?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let found = parse(&text).map_err(|error| format!("{}:{error}", path.display()))?;
        cases.extend(found);
    }
    Ok(cases)
}

/// The cases of one file.
///
/// # Errors
/// The number of the line that is no part of a case, and why.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut is_inside = false;
    while let Some((index, line)) = lines.next() {
        let at = |error: &str| format!("{}: {error}", index + 1);
        if line.is_empty() {
            is_inside = false;
        } else if let Some(name) = line.strip_prefix("== ") {
            let meaning = lines.next().map_or("", |(_, line)| line);
            cases.push(begin(name, meaning).ok_or_else(|| at("no method -> outcome follows"))?);
            is_inside = true;
        } else if let (true, Some(case)) = (is_inside, cases.last_mut()) {
            add_line(line, &mut case.input).ok_or_else(|| at("not a line of bytes"))?;
        } else if !line.starts_with('#') {
            return Err(at("outside of a case"));
        }
    }
    Ok(cases)
}

fn begin(name: &str, meaning: &str) -> Option<Case> {
    let (method, expected) = meaning.split_once(" -> ")?;
    Some(Case {
        name: name.into(),
        is_head_request: match method {
            "GET" => false,
            "HEAD" => true,
            _ => return None,
        },
        input: Vec::new(),
        expected: expected.into(),
    })
}

fn add_line(line: &str, input: &mut Vec<u8>) -> Option<()> {
    let (times, text) = match line.strip_prefix('*') {
        Some(repeated) => repeated.split_once(' ')?,
        None => ("1", line),
    };
    let bytes = unescape(text)?;
    for _ in 0..times.parse().ok()? {
        input.extend_from_slice(&bytes);
    }
    Some(())
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'\\' => b'\\',
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                _ => return None,
            },
            b' '..=b'~' => byte,
            _ => return None,
        });
    }
    Some(bytes)
}

/// One case as text that `parse` reads; a line of the file ends with each line feed.
#[must_use]
pub fn to_text(case: &Case) -> String {
    let method = if case.is_head_request { "HEAD" } else { "GET" };
    let mut text = format!("== {}\n{method} -> {}\n", case.name, case.expected);
    let mut is_line_start = true;
    for &byte in &case.input {
        // These three would mean something else at the start of a line.
        let is_special = is_line_start && matches!(byte, b'*' | b'=' | b'#');
        is_line_start = false;
        match byte {
            b'\n' => {
                text.push_str("\\n\n");
                is_line_start = true;
            }
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' if !is_special => text.push(char::from(byte)),
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    if !is_line_start {
        text.push('\n');
    }
    text
}

/// A fuzzer's bytes as an answer: the lowest bit of the first one says HEAD.
#[must_use]
pub fn from_fuzzer(bytes: &[u8]) -> (bool, &[u8]) {
    let (first, input) = bytes.split_first().unwrap_or((&0, &[]));
    (first & 1 == 1, input)
}

/// The bytes that `from_fuzzer` makes a case of.
#[must_use]
pub fn for_fuzzer(case: &Case) -> Vec<u8> {
    // Letters, so that a found file can be read.
    let first = if case.is_head_request { b'a' } else { b'b' };
    [&[first], &case.input[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_what_its_lines_say() {
        let text = "# remark\n\n== a name\nHEAD -> 200 keep\nA\\r\\n\n*2 b\\x00\n\\\\\\t\n\n== next\nGET -> x\n";
        let cases = parse(text).unwrap();
        assert_eq!(2, cases.len());
        assert_eq!("a name", cases[0].name);
        assert!(cases[0].is_head_request);
        assert_eq!("200 keep", cases[0].expected);
        assert_eq!(b"A\r\nb\0b\0\\\t", &cases[0].input[..]);
        assert!(!cases[1].is_head_request);
        assert_eq!(b"", &cases[1].input[..]);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (text, error) in [
            ("== a\nPUT -> x\n", "1: no method -> outcome follows"),
            ("== a\nGET x\n", "1: no method -> outcome follows"),
            ("== a\nGET -> x\n\\q\n", "3: not a line of bytes"),
            ("== a\nGET -> x\n*b\n", "3: not a line of bytes"),
            ("\nabc\n", "2: outside of a case"),
        ] {
            assert_eq!(Err(error.into()), parse(text));
        }
    }

    #[test]
    fn any_bytes_survive_the_text_form() {
        let every_byte: Vec<u8> = (0..=255).collect();
        for input in [&every_byte[..], b"*3 a", b"== b\n= c\n#", b"\n\n", b""] {
            let case = Case {
                name: "any".into(),
                is_head_request: false,
                input: input.into(),
                expected: "200 keep".into(),
            };
            assert_eq!(Ok(vec![case.clone()]), parse(&to_text(&case)));
        }
    }
}
