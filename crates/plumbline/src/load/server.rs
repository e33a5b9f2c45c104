//! The program, serving a data folder in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// One request as the server's own log tells of it.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    /// Its entry in the router's list.
    pub(super) route: String,
    /// From its head's arrival until the answer was ready.
    pub(super) time: Duration,
}

/// A running server.
pub(super) struct Server {
    child: Child,
    /// Where it answers.
    pub(super) origin: String,
    /// From its start until it said where it is.
    pub(super) started_in: Duration,
    answered: Arc<Mutex<Vec<Answered>>>,
    /// Read on, so that the server can always write.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts the program on a data folder, without workers.
    pub(super) async fn start(program: &Path, data: &Path) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(program)
            .arg("--data")
            .arg(data)
            .args(["--log-format", "json", "serve"])
            .args(["--listen", "127.0.0.1:0", "--workers", "0"])
            .env("PLUMBLINE_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {}", program.display()))?;
        let answered = Arc::default();
        let log = child.stderr.take().context("no log")?;
        tokio::spawn(noted(log, Arc::clone(&answered)));
        let mut said = BufReader::new(child.stdout.take().context("no output")?).lines();
        loop {
            let line = said.next_line().await?;
            let line = line.context("the server ended before it served")?;
            if let Some(rest) = line.strip_prefix("Plumbline is at ")
                && let Some((origin, _)) = rest.split_once(". ")
            {
                return Ok(Self {
                    child,
                    origin: origin.to_owned(),
                    started_in: began.elapsed(),
                    answered,
                    _said: said,
                });
            }
        }
    }

    /// What was answered since this was last asked.
    pub(super) fn answered(&self) -> Vec<Answered> {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut answered)
    }

    /// Resident memory in kB, where the system tells.
    pub(super) fn memory(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(PathBuf::from(format!("/proc/{id}/status")))?;
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let held = held.and_then(|text| text.trim().strip_suffix(" kB"));
        Ok(held.context("no memory told")?.parse()?)
    }

    /// Ends it as a supervisor does.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended by itself")?;
        let asked = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
        ensure!(asked.success(), "the server could not be asked to stop");
        self.child.wait().await?;
        Ok(())
    }
}

/// Reads the log to its end and keeps what tells of requests.
async fn noted(log: ChildStderr, answered: Arc<Mutex<Vec<Answered>>>) {
    let mut lines = BufReader::new(log).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(told) = serde_json::from_str::<serde_json::Value>(&line) else {
            continue;
        };
        if told["message"] != "answered" {
            continue;
        }
        let one = Answered {
            route: told["route"].as_str().unwrap_or_default().to_owned(),
            time: Duration::from_micros(told["us"].as_u64().unwrap_or(u64::MAX)),
        };
        let mut answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.push(one);
    }
}
