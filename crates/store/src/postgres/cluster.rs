//! A throw-away server for one test: its own folder, a socket and no network.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Durability, prepare};
use crate::contract::at;
use crate::{Installation, MasterKey, MasterKeySource, Secret};

/// A running server, stopped when dropped.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    master: MasterKey,
}

impl Cluster {
    /// Starts a server with the tables in it. Without PostgreSQL on the machine the test fails.
    pub(crate) async fn start() -> Self {
        // A socket's path may not be long.
        let folder = tempfile::Builder::new()
            .prefix("pg")
            .tempdir_in("/tmp")
            .unwrap();
        let cluster = Self {
            folder,
            programs: programs(),
            master: MasterKey::random().unwrap(),
        };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(cluster.path()));
        }
        let data = cluster.data();
        run(cluster
            .program("initdb")
            .args([
                "--auth=trust",
                "--no-sync",
                "--username=postgres",
                "--encoding=UTF8",
            ])
            .arg("--pgdata")
            .arg(&data));
        let settings = format!(
            "-c fsync=off -c listen_addresses= -c unix_socket_directories={}",
            cluster.path().display()
        );
        run(cluster
            .program("pg_ctl")
            .args([
                "start",
                "--wait",
                "--silent",
                "--options",
                &settings,
                "--pgdata",
            ])
            .arg(&data)
            .arg("--log")
            .arg(cluster.path().join("log")));
        prepare(&cluster.url("postgres")).await.unwrap();
        cluster
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where everything of the server is.
    pub(crate) fn folder(&self) -> &Path {
        self.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// A program of the server; PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    }

    /// The address for a role.
    pub(crate) fn url(&self, role: &str) -> Secret {
        let folder = self.path().display();
        Secret::new(format!(
            "postgres://{role}@localhost/postgres?host={folder}"
        ))
    }

    /// The master key of the installation on this server.
    pub(crate) fn master_key(&self) -> Secret {
        self.master.to_text()
    }

    /// Connects as a role, or says why not.
    pub(crate) async fn connect_as(&self, role: &str) -> Result<Installation, crate::StoreError> {
        let key = MasterKeySource::Text(self.master.to_text());
        Installation::connect(&self.url(role), &key, Durability::NotInTests).await
    }

    /// Connects as the application.
    pub(crate) async fn installation(&self) -> Installation {
        self.connect_as("plumbline_app").await.unwrap()
    }

    /// A new tenant of a connected installation.
    pub(crate) async fn tenant(installation: &Installation) -> crate::Store {
        let tenant = installation
            .create_tenant("Ridgeline", at(0))
            .await
            .unwrap();
        installation.store(&tenant.id).await.unwrap()
    }

    /// Runs statements as the administrator.
    pub(crate) async fn administer(&self, statements: &'static str) {
        let options = super::options(&self.url("postgres")).unwrap();
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::Executor::execute(&mut connection, statements)
            .await
            .unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    }
}

impl Cluster {
    /// Asks for a number as the administrator.
    pub(crate) async fn ask(&self, statement: &'static str) -> i64 {
        let options = super::options(&self.url("postgres")).unwrap();
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let number = sqlx::query_scalar(statement)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        sqlx::Connection::close(connection).await.unwrap();
        number
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What cannot be stopped has stopped already.
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--mode=immediate", "--silent", "--pgdata"])
            .arg(self.data());
        drop(stop.status());
    }
}

/// The newest PostgreSQL on the machine.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&path));
    found.retain(|folder| folder.join("initdb").is_file());
    found.sort();
    found
        .pop()
        .expect("PostgreSQL is not installed: install the package postgresql")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

fn run(command: &mut Command) {
    // The server would keep a pipe open as long as it runs.
    let status = command
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{command:?}");
}
