//! May this process hold as many connections as it is going to open?

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::{FailureKind, LoadError};

/// Threads, files, libraries and whoever else is in this process.
const OTHER_DESCRIPTORS: u64 = 100;
const KERNEL_LIMIT_FILE: &str = "/proc/sys/fs/nr_open";

/// Raise the limit of this process as far as it may; an error names the command that raises it.
pub(crate) fn make_room(connections: usize) -> Result<(), LoadError> {
    let needed = connections as u64 + OTHER_DESCRIPTORS;
    let hard = getrlimit(Resource::Nofile).maximum;
    if let Some(hard) = hard.filter(|&hard| hard < needed) {
        // Only a privileged process may, and no further than the kernel's own limit.
        if !set_limit(needed) {
            return Err(LoadError::Failure(
                FailureKind::LocalFd,
                shortage(connections, needed, hard, kernel_limit()),
            ));
        }
        return Ok(());
    }
    // A refusal is harmless: running out of descriptors is counted as such.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: hard,
            maximum: hard,
        },
    );
    Ok(())
}

fn set_limit(count: u64) -> bool {
    let limit = Rlimit {
        current: Some(count),
        maximum: Some(count),
    };
    setrlimit(Resource::Nofile, limit).is_ok()
}

fn kernel_limit() -> Option<u64> {
    std::fs::read_to_string(KERNEL_LIMIT_FILE)
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn shortage(connections: usize, needed: u64, hard: u64, kernel_limit: Option<u64>) -> String {
    let first = match kernel_limit {
        Some(limit) if limit < needed => format!("sudo sysctl -w fs.nr_open={needed} && "),
        _ => String::new(),
    };
    format!(
        "{connections} connections need {needed} open files and the hard limit is {hard}; \
         raise it in this shell with: {first}sudo prlimit --pid $$ --nofile={needed}:{needed}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_fits_the_shortage() {
        assert_eq!(
            "400 connections need 500 open files and the hard limit is 64; \
             raise it in this shell with: sudo prlimit --pid $$ --nofile=500:500",
            shortage(400, 500, 64, Some(500))
        );
        assert!(
            shortage(400, 500, 64, None).ends_with("with: sudo prlimit --pid $$ --nofile=500:500")
        );
        assert!(
            shortage(400, 500, 64, Some(499)).ends_with(
                "sudo sysctl -w fs.nr_open=500 && sudo prlimit --pid $$ --nofile=500:500"
            )
        );
    }
}
