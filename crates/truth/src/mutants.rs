//! Does every seeded defect of the engine get caught, and by which check?

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use loadgen::Mutant;

/// Processes at the same time; most of them wait.
const AT_ONCE: usize = 4;

/// What the checks said about the engine with one defect.
#[derive(Debug)]
pub struct Hunt {
    /// The defect.
    pub mutant: Mutant,
    /// How many faults each check has found; with an engine that failed altogether, its words.
    pub caught_by: BTreeMap<String, u64>,
}

impl Hunt {
    /// A defect is caught, and the engine without one is not.
    #[must_use]
    pub fn is_as_it_should_be(&self) -> bool {
        self.caught_by.is_empty() == (self.mutant == Mutant::None)
    }
}

/// A row of a table: the defect, what it does, and which checks have caught it.
impl fmt::Display for Hunt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks: Vec<&str> = self.caught_by.keys().map(String::as_str).collect();
        let (name, defect) = (self.mutant.name(), self.mutant.defect());
        write!(formatter, "| {name} | {defect} | {} |", checks.join(", "))
    }
}

/// Run the gauntlet without any defect and with each of these, each in a process of `program`.
///
/// # Errors
/// When a process cannot be started.
pub fn hunt_all(program: &Path, mutants: &[Mutant], seed: u64) -> io::Result<Vec<Hunt>> {
    let all = [&[Mutant::None], mutants].concat();
    let mut hunts = Vec::new();
    for some in all.chunks(AT_ONCE) {
        let started: io::Result<Vec<(Mutant, Child)>> = some
            .iter()
            .map(|&mutant| start(program, mutant, seed).map(|child| (mutant, child)))
            .collect();
        for (mutant, child) in started? {
            let caught_by = read(child)?;
            hunts.push(Hunt { mutant, caught_by });
        }
    }
    Ok(hunts)
}

fn start(program: &Path, mutant: Mutant, seed: u64) -> io::Result<Child> {
    Command::new(program)
        .args(["gauntlet", mutant.name(), &seed.to_string()])
        .stdout(Stdio::piped())
        .spawn()
}

/// Each line is a check, a tab, and one fault.
fn read(child: Child) -> io::Result<BTreeMap<String, u64>> {
    let output = child.wait_with_output()?;
    let mut counts = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (check, _) = line.split_once('\t').unwrap_or((line, ""));
        *counts.entry(check.to_owned()).or_default() += 1;
    }
    if counts.is_empty() && !output.status.success() {
        counts.insert(format!("the run itself ({})", output.status), 1);
    }
    Ok(counts)
}
