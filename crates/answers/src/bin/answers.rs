//! How do the corpus and the fuzzer, or a test in another language, exchange answers?

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use answers::corpus::{self, Case, for_fuzzer, from_fuzzer};
use answers::mutation::mutations;
use answers::properties::{Cuts, check};

const USAGE: &str = "usage: answers unpack FOLDER      the corpus as files for the fuzzer
       answers gather FOLDER      files of the fuzzer as text for the corpus
       answers list SEED COUNT    the corpus and broken copies: method, hex, outcome";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["unpack", folder] => unpack(Path::new(folder)),
        ["gather", folder] => gather(Path::new(folder)).and_then(|text| print(&text)),
        ["list", seed, count] => list(seed, count).and_then(|text| print(&text)),
        _ => Err(USAGE.into()),
    };
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    // A broken standard error leaves nothing to be told.
    let _ = writeln!(std::io::stderr(), "{error}");
    ExitCode::FAILURE
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| error.to_string())
}

fn unpack(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for (index, case) in corpus::load()?.iter().enumerate() {
        std::fs::write(folder.join(format!("{index:04}")), for_fuzzer(case))
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What the fuzzer found and the corpus lacks; the names are for a person to better.
fn gather(folder: &Path) -> Result<String, String> {
    let known = corpus::load()?;
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found: Vec<Case> = Vec::new();
    for path in paths {
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let (is_head_request, input) = from_fuzzer(&bytes);
        let is_new =
            |case: &Case| (case.is_head_request, &case.input[..]) != (is_head_request, input);
        if known.iter().chain(&found).all(is_new) {
            let outcome = check(is_head_request, input, Cuts::Many)?;
            found.push(Case {
                name: format!("found {}", found.len() + 1),
                is_head_request,
                input: input.into(),
                expected: outcome.to_string(),
            });
        }
    }
    Ok(found
        .iter()
        .map(corpus::to_text)
        .collect::<Vec<_>>()
        .join("\n"))
}

fn list(seed: &str, count: &str) -> Result<String, String> {
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|error| format!("{text}: {error}"))
    };
    let (seed, count) = (number(seed)?, number(count)?);
    let corpus = corpus::load()?;
    let known: Vec<_> = corpus
        .iter()
        .map(|case| (case.is_head_request, case.input.clone()))
        .collect();
    let broken = mutations(&corpus, u64::from(seed), count as usize);
    let mut text = String::new();
    for (is_head_request, input) in known.into_iter().chain(broken) {
        let outcome = check(is_head_request, &input, Cuts::Few)?;
        let method = if is_head_request { "HEAD" } else { "GET" };
        let _ = write!(text, "{method}\t");
        for byte in input {
            let _ = write!(text, "{byte:02x}");
        }
        let _ = writeln!(text, "\t{outcome}");
    }
    Ok(text)
}
