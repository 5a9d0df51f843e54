//! Parts of the truth suite from the command line; each says only what is false, or a table.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use loadgen::Mutant;
use truth::mutants::hunt_all;
use truth::runs::{busy, gauntlet};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_true = match words.as_slice() {
        ["gauntlet", mutant, seed] => run_gauntlet(mutant, seed.parse()?)?,
        ["busy", seed] => run_busy(seed.parse()?)?,
        ["mutants", seed] => hunt(seed.parse()?)?,
        _ => return Err("truth gauntlet MUTANT SEED | busy SEED | mutants SEED".into()),
    };
    Ok(if is_true {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn server() -> io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("truth-server"))
}

fn run_gauntlet(mutant: &str, seed: u64) -> Result<bool, Box<dyn Error>> {
    let selected = Mutant::named(mutant).unwrap_or(Mutant::None);
    if selected.name() != mutant {
        return Err(format!("no defect is called {mutant}").into());
    }
    loadgen::select(selected);
    let faults = gauntlet(seed).make(&server()?)?.faults();
    for fault in &faults {
        writeln!(io::stdout(), "{}\t{}", fault.check, fault.text)?;
    }
    Ok(faults.is_empty())
}

/// Says what failed although the server answered everything.
fn run_busy(seed: u64) -> Result<bool, Box<dyn Error>> {
    let case = busy(seed).make(&server()?)?;
    for (kind, count) in case
        .said
        .windows
        .values()
        .flat_map(|window| &window.failures)
    {
        writeln!(io::stdout(), "{kind}\t{count}")?;
    }
    Ok(case.said.sum(|window| window.ok) > 0)
}

/// A table of the defects and the checks that caught them.
fn hunt(seed: u64) -> Result<bool, Box<dyn Error>> {
    let mut is_true = true;
    for hunt in hunt_all(&std::env::current_exe()?, Mutant::ALL, seed)? {
        let checks: Vec<String> = hunt
            .caught_by
            .iter()
            .map(|(check, count)| format!("{check} ({count})"))
            .collect();
        let is_caught = !checks.is_empty();
        is_true &= is_caught == (hunt.mutant != Mutant::None);
        let said = if is_caught {
            checks.join(", ")
        } else {
            "-".into()
        };
        writeln!(
            io::stdout(),
            "| {} | {} | {said} |",
            hunt.mutant.name(),
            hunt.mutant.defect()
        )?;
    }
    Ok(is_true)
}
