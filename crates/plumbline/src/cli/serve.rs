//! `plumbline serve`: the web application, until Ctrl-C or SIGTERM.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use connectors::http::{Clock, SystemClock};
use store::control::people;
use store::{Installation, Secret};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::arguments::ServeArguments;
use super::{Answer, Global};
use crate::desk::{self, variable};
use crate::logs;
use crate::mail::{MailSettings, Mailer};
use crate::sandboxes::Local;
use crate::web;
use crate::web::hooks::Hooks;
use crate::web::house::House;
use crate::web::signin::door::{Door, DoorSettings, Factors};
use crate::web::signin::password::Cost;
use crate::web::tls::Certificate;
use crate::work::Worker;

pub(super) async fn run(global: &Global, arguments: ServeArguments) -> anyhow::Result<Answer> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("failed to listen on {}", arguments.listen))?;
    let certificate = certificate(&arguments)?;
    let metrics = match arguments.metrics_listen {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .with_context(|| format!("failed to listen on {address}"))?,
        ),
        None => None,
    };
    // Listened for before anything is served, so that a stop is never missed.
    let stopped = stopped()?;
    let installation = opened(&global.data(), clock.as_ref()).await?;
    let scheme = if certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let origin = match arguments.origin.or_else(|| variable("PLUMBLINE_ORIGIN")) {
        Some(origin) => checked(&origin)?,
        None => format!("{scheme}://{}", listener.local_addr()?),
    };
    let mailer = MailSettings::of_the_environment()?
        .map(|settings| Mailer::try_new(&settings))
        .transpose()?;
    let settings = DoorSettings {
        origin,
        proxies: arguments.proxies,
        cost: Cost::FULL,
        factors: Factors::Required,
        mailer,
    };
    let tokens = variable("PLUMBLINE_QUICKBOOKS_VERIFIER_TOKENS").unwrap_or_default();
    let serves = Serves {
        hooks: Hooks::try_new(&Secret::new(tokens))?,
        workers: arguments.workers,
        certificate,
        local: None,
    };
    let mut serving = Serving::start(installation, clock, settings, serves, listener)?;
    if let Some(listener) = metrics {
        println!("Metrics are at http://{}/metrics.", listener.local_addr()?);
        serving.also_metrics(listener);
    }
    println!("{}", serving.greeting().await?);
    stopped.await;
    tracing::info!("stopping");
    serving.stop().await?;
    Ok(Answer::text("Stopped."))
}

/// Without a handler SIGHUP would end the process, and systemd takes that for a clean end that needs no
/// restart.
#[cfg(unix)]
async fn nothing_to_renew(mut asked: Signal) {
    while asked.recv().await.is_some() {
        tracing::info!("there is no certificate to read again");
    }
}

fn certificate(arguments: &ServeArguments) -> anyhow::Result<Option<Arc<Certificate>>> {
    let (Some(chain), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) else {
        #[cfg(unix)]
        tokio::spawn(nothing_to_renew(signal(SignalKind::hangup())?));
        return Ok(None);
    };
    let certificate = Arc::new(Certificate::read(chain, key)?);
    #[cfg(unix)]
    tokio::spawn(renewed(
        Arc::clone(&certificate),
        signal(SignalKind::hangup())?,
    ));
    Ok(Some(certificate))
}

/// Reads the certificate again whenever somebody says so.
#[cfg(unix)]
async fn renewed(certificate: Arc<Certificate>, mut asked: Signal) {
    while asked.recv().await.is_some() {
        match certificate.renew() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                tracing::error!(
                    kind = logs::kind(&error),
                    "the certificate before stays in use"
                );
            }
        }
    }
}

/// Ends when the process is asked to end: by Ctrl-C, or by SIGTERM, as supervisors do.
#[cfg(unix)]
pub(super) fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// The same where there is Ctrl-C only.
#[cfg(not(unix))]
pub(super) fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        drop(tokio::signal::ctrl_c().await);
    })
}

async fn opened(data: &Path, clock: &dyn Clock) -> anyhow::Result<Installation> {
    desk::open_installation(data, clock).await
}

/// An origin is a scheme and a host, and a port where it is not the usual one.
pub(super) fn checked(origin: &str) -> anyhow::Result<String> {
    let url = url::Url::parse(origin).context("--origin is no address")?;
    let plain = url.origin().ascii_serialization();
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.path() == "/" && plain != "null",
        "--origin is a scheme and a host, such as https://books.example"
    );
    Ok(plain)
}

/// What a server does besides its pages.
pub(super) struct Serves {
    /// How announcements of vendors are told from others.
    pub(super) hooks: Hooks,
    /// How many jobs are worked on at the same time.
    pub(super) workers: usize,
    /// What it speaks TLS with, if it does.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// Sandboxes on this machine that may be connected from a page, if any.
    pub(super) local: Option<Local>,
}

/// A web application that is being served.
pub(super) struct Serving {
    /// Its tenants and its door.
    pub(super) house: Arc<House>,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    workers: JoinSet<()>,
    metrics: Option<JoinHandle<()>>,
}

impl Serving {
    /// Serves an installation on a listener, over TLS when there is a certificate.
    pub(super) fn start(
        installation: Installation,
        clock: Arc<dyn Clock>,
        settings: DoorSettings,
        serves: Serves,
        listener: TcpListener,
    ) -> anyhow::Result<Self> {
        let door = Door::try_new(installation.clone(), Arc::clone(&clock), settings)?;
        let house = House::new(installation, clock, door);
        let house = Arc::new(house.with_hooks(serves.hooks).with_local(serves.local));
        let stop = CancellationToken::new();
        let served = web::serve(
            Arc::clone(&house),
            listener,
            serves.certificate,
            web::Within::USUAL,
            stop.clone(),
        );
        let worker = Arc::new(Worker::of_house(&house));
        let mut workers = JoinSet::new();
        for _ in 0..serves.workers {
            let (worker, stop) = (Arc::clone(&worker), stop.clone());
            workers.spawn(async move { worker.run(stop).await });
        }
        Ok(Self {
            task: tokio::spawn(served),
            workers,
            metrics: None,
            house,
            stop,
        })
    }

    /// Serves the metrics too, on a listener of their own.
    fn also_metrics(&mut self, listener: TcpListener) {
        let (house, stop) = (Arc::clone(&self.house), self.stop.clone());
        self.metrics = Some(tokio::spawn(web::serve_metrics(house, listener, stop)));
    }

    /// Where it is, and how the first owner gets in when nobody is known yet.
    async fn greeting(&self) -> anyhow::Result<String> {
        let (house, origin) = (&self.house, self.house.origin());
        let is_new = people::nobody_yet(house.door().control()).await?;
        let more = if is_new {
            let token = house.door().open_for_setup()?;
            format!(
                "Nobody is known here yet. Become the owner at {origin}/setup with this token, \
                 which counts once and until Plumbline stops:\n\n  {}\n\n",
                token.expose()
            )
        } else {
            String::new()
        };
        Ok(format!("{more}Plumbline is at {origin}. Ctrl-C stops it."))
    }

    /// Says that it is not ready any more, lets running requests and the page that is being read
    /// end, hands back what the workers have in hands, and closes the store.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.house.stopping().cancel();
        self.stop.cancel();
        let served = self.task.await.context("the server broke")?;
        while self.workers.join_next().await.is_some() {}
        if let Some(metrics) = self.metrics {
            // Whoever is reading them must not keep the process.
            metrics.abort();
        }
        self.house.close().await;
        served
    }
}
