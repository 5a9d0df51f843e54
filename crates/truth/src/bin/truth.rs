//! Parts of the truth suite from the command line; each says only what is false, or a table.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use loadgen::Mutant;
use truth::long;
use truth::mutants::{Hunt, hunt_all};
use truth::runs::{busy, gauntlet, planned};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_true = match words.as_slice() {
        ["gauntlet", mutant, seed] => run_gauntlet(mutant, seed.parse()?)?,
        ["busy", seed] => run_busy(seed.parse()?)?,
        ["long", seeds, seconds] => {
            let hold = Duration::from_secs(seconds.parse()?);
            long::run(&std::env::current_exe()?, &server()?, seeds.parse()?, hold)?
        }
        ["mutants", seed] => hunt(seed.parse()?)?,
        _ => {
            return Err(
                "truth gauntlet MUTANT SEED | busy SEED | mutants SEED | long SEEDS SECONDS".into(),
            );
        }
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
    let mut faults = gauntlet(seed).make(&server()?)?.faults();
    faults.extend(planned(seed).make(&server()?)?.faults());
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
    let hunts = hunt_all(&std::env::current_exe()?, Mutant::ALL, seed)?;
    for hunt in &hunts {
        writeln!(io::stdout(), "{hunt}")?;
    }
    Ok(hunts.iter().all(Hunt::is_as_it_should_be))
}
