//! A PostgreSQL server for one measurement: its own folder, a socket, no network, gone afterwards.
//!
//! It keeps what it acknowledges, because the program refuses to work on one that does not.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use store::{MasterKey, MasterKeySource, Secret, postgres};

/// A running server, stopped when dropped.
pub struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    master_key: Secret,
}

impl Server {
    /// Starts a server with the tables in it.
    ///
    /// # Errors
    /// When PostgreSQL is not on the machine, or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        // A socket's path may not be long.
        let folder = tempfile::Builder::new().prefix("pg").tempdir()?;
        let server = Self {
            folder,
            programs: programs().context("PostgreSQL is not installed: install postgresql")?,
            master_key: MasterKey::random()?.to_text(),
        };
        if is_root()? {
            carry_out(Command::new("chown").arg("postgres").arg(server.path()))?;
        }
        carry_out(
            server
                .program("initdb")?
                .args(["--auth=trust", "--no-sync", "--username=postgres"])
                .args(["--encoding=UTF8", "--pgdata"])
                .arg(server.data()),
        )?;
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={}",
            server.path().display()
        );
        carry_out(
            server
                .program("pg_ctl")?
                .args(["start", "--wait", "--silent", "--options", &settings])
                .arg("--log")
                .arg(server.path().join("log"))
                .arg("--pgdata")
                .arg(server.data()),
        )?;
        postgres::prepare(&server.url("postgres")).await?;
        Ok(server)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    fn url(&self, role: &str) -> Secret {
        let folder = self.path().display();
        Secret::new(format!(
            "postgres://{role}@localhost/postgres?host={folder}"
        ))
    }

    /// The address for the application.
    #[must_use]
    pub fn application(&self) -> Secret {
        self.url("plumbline_app")
    }

    /// The master key of the installation on it.
    #[must_use]
    pub fn master_key(&self) -> Secret {
        self.master_key.clone()
    }

    /// Connects as the application.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn installation(&self) -> anyhow::Result<store::Installation> {
        let key = MasterKeySource::Text(self.master_key());
        let durability = postgres::Durability::Required;
        Ok(store::Installation::connect(&self.application(), &key, durability).await?)
    }

    /// A program of the server; PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> anyhow::Result<Command> {
        let program = self.programs.join(name);
        if !is_root()? {
            return Ok(Command::new(program));
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        Ok(command)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What cannot be stopped has stopped already.
        if let Ok(mut stop) = self.program("pg_ctl") {
            stop.args(["stop", "--mode=immediate", "--silent", "--pgdata"])
                .arg(self.data())
                .stdout(Stdio::null());
            drop(stop.status());
        }
    }
}

/// The newest PostgreSQL on the machine.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&path));
    found.retain(|folder| folder.join("initdb").is_file());
    found.sort();
    found.pop()
}

fn is_root() -> anyhow::Result<bool> {
    Ok(Command::new("id").arg("-u").output()?.stdout == b"0\n")
}

fn carry_out(command: &mut Command) -> anyhow::Result<()> {
    // The server would keep a pipe open as long as it runs.
    let status = command.stdout(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
