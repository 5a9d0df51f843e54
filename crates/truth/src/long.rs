//! What does the suite say when it is given time? For `make truth`.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use loadgen::Mutant;

use crate::mutants::{Hunt, hunt_all};
use crate::overhead::Comparison;
use crate::runs::{Run, gauntlet, killed, planned, services};

/// In flight when the engine is compared with the plain client.
const CONCURRENCIES: [u32; 3] = [1, 4, 16];
/// A round that a busy machine has spoilt for both clients is made again.
const ROUNDS: usize = 6;

/// Every run with every seed, each service for `hold`; prints tables, says whether all was true.
///
/// # Errors
/// When a server or a process cannot run at all.
pub fn run(
    program: &Path,
    server: &Path,
    seeds: u64,
    hold: Duration,
) -> Result<bool, Box<dyn Error>> {
    let mut is_true = true;
    say("Requests, one by one")?;
    for seed in 1..=seeds {
        let others = [gauntlet(seed), killed(seed), planned(seed)];
        for run in others.into_iter().chain(services(seed, hold)) {
            is_true &= ask(&run, server)?;
        }
    }
    say("Latency beyond the server's own; engine | plain client: P50 | P99 | P99.9")?;
    for seed in 1..=seeds {
        for run in services(seed, hold) {
            is_true &= compare(&run, server, hold)?;
        }
    }
    say("Defects, and the checks that caught them")?;
    Ok(is_true & hunt(program, seeds)?)
}

fn ask(run: &Run, server: &Path) -> Result<bool, Box<dyn Error>> {
    let case = run.make(server)?;
    let faults = case.faults();
    say(&format!(
        "seed {} | {} | {} requests, {} ok, {} cut, {} windows | {} faults",
        run.script.seed,
        run.name,
        case.pairs.len(),
        case.said.sum(|window| window.ok),
        case.said.sum(|window| window.cut),
        case.said.windows.len(),
        faults.len()
    ))?;
    for fault in faults.iter().take(10) {
        say(&format!("  {fault}"))?;
    }
    Ok(faults.is_empty())
}

fn compare(run: &Run, server: &Path, hold: Duration) -> Result<bool, Box<dyn Error>> {
    let mut is_all_good = true;
    for concurrency in CONCURRENCIES {
        let mut is_good = false;
        for round in 1..=ROUNDS {
            let both = Comparison::make(server, &run.script, concurrency, hold)?;
            is_good = both.is_good();
            say(&format!(
                "seed {} | {} at {concurrency}, round {round} | {} | {} | {} requests | {}",
                run.script.seed,
                run.name,
                both.engine,
                both.control,
                both.count,
                if is_good { "good" } else { "not good" }
            ))?;
            if is_good || !both.faults.is_empty() {
                break;
            }
        }
        is_all_good &= is_good;
    }
    Ok(is_all_good)
}

/// A defect may find no occasion with one seed, but it must with one of them.
fn hunt(program: &Path, seeds: u64) -> Result<bool, Box<dyn Error>> {
    let mut is_true = true;
    let mut at_large: BTreeSet<&str> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
    for seed in 1..=seeds {
        for hunt in hunt_all(program, Mutant::ALL, seed)? {
            say(&format!("seed {seed} {hunt}"))?;
            is_true &= hunt.mutant != Mutant::None || hunt.is_as_it_should_be();
            if Hunt::is_as_it_should_be(&hunt) {
                at_large.remove(hunt.mutant.name());
            }
        }
    }
    say(&format!("defects that no check has caught: {at_large:?}"))?;
    Ok(is_true && at_large.is_empty())
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
