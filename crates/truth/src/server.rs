//! How is a truth server started, ended and asked what it saw?

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::record::{Record, read_all};
use crate::script::Script;

/// On this request the server ends the connection and remembers nothing of it.
pub const GOODBYE: &[u8] = b"GET /goodbye HTTP/1.1\r\n\r\n";

const PATIENCE: Duration = Duration::from_secs(10);

static LOGS: AtomicU64 = AtomicU64::new(0);

/// A truth server in a process of its own; it ends with its handle.
#[derive(Debug)]
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Start `program` with this script and a log of its own.
    ///
    /// # Errors
    /// When it does not start or says no port.
    pub fn start(program: &Path, script: &Script) -> io::Result<Self> {
        let name = format!(
            "truth-{}-{}.log",
            std::process::id(),
            LOGS.fetch_add(1, Ordering::Relaxed)
        );
        let log = std::env::temp_dir().join(name);
        let mut child = Command::new(program)
            .arg(format!("log={}", log.display()))
            .args(script.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        let mut stdout = BufReader::new(stdout.ok_or_else(|| io::Error::other("no output"))?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let port: u16 = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self {
            child,
            stdout,
            log,
            address: ([127, 0, 0, 1], port).into(),
        })
    }

    /// Kill it as hard as the kernel can.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Connections are accepted in their order: when a last one is served, all have been.
    fn wait_for_the_queue(&self) -> io::Result<()> {
        let mut last = TcpStream::connect(self.address)?;
        last.set_read_timeout(Some(PATIENCE))?;
        last.write_all(GOODBYE)?;
        last.read_to_end(&mut Vec::new()).map(|_| ())
    }

    /// End it, if it still runs, and read all that it remembered.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn finish(mut self) -> io::Result<Vec<Record>> {
        let is_running = self.child.try_wait()?.is_none();
        if is_running {
            self.wait_for_the_queue()?;
        }
        drop(self.child.stdin.take());
        self.stdout.read_to_string(&mut String::new())?;
        self.child.wait()?;
        let mut records = read_all(&self.log)?;
        if is_running {
            let ours = records.iter().map(|record| record.connection).max();
            records.retain(|record| Some(record.connection) != ours);
        }
        Ok(records)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}
