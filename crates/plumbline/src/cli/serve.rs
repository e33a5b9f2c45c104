//! `plumbline serve`: the web application, until Ctrl-C.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use connectors::http::{Clock, SystemClock};
use store::control::people;
use store::{Installation, Secret};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::arguments::ServeArguments;
use super::{Answer, Global};
use crate::desk;
use crate::mail::{MailSettings, Mailer};
use crate::web;
use crate::web::hooks::Hooks;
use crate::web::house::House;
use crate::web::signin::door::{Door, DoorSettings, Factors};
use crate::web::signin::password::Cost;
use crate::work::Worker;

pub(super) async fn run(global: &Global, arguments: ServeArguments) -> anyhow::Result<Answer> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("failed to listen on {}", arguments.listen))?;
    let installation = opened(&global.data(), clock.as_ref()).await?;
    let origin = match arguments.origin {
        Some(origin) => checked(&origin)?,
        None => format!("http://{}", listener.local_addr()?),
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
    let tokens = std::env::var("PLUMBLINE_QUICKBOOKS_VERIFIER_TOKENS").unwrap_or_default();
    let hooks = Hooks::try_new(&Secret::new(tokens))?;
    let workers = arguments.workers;
    let serving = Serving::start(installation, clock, settings, hooks, listener, workers)?;
    println!("{}", serving.greeting().await?);
    tokio::signal::ctrl_c().await?;
    serving.stop().await?;
    Ok(Answer::text("Stopped."))
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

/// A web application that is being served.
pub(super) struct Serving {
    /// Its tenants and its door.
    pub(super) house: Arc<House>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
    workers: JoinSet<()>,
}

impl Serving {
    /// Serves an installation on a listener.
    pub(super) fn start(
        installation: Installation,
        clock: Arc<dyn Clock>,
        settings: DoorSettings,
        hooks: Hooks,
        listener: TcpListener,
        count: usize,
    ) -> anyhow::Result<Self> {
        let door = Door::try_new(installation.clone(), Arc::clone(&clock), settings)?;
        let house = Arc::new(House::new(installation, clock, door).with_hooks(hooks));
        let stop = CancellationToken::new();
        let task = tokio::spawn(web::serve(Arc::clone(&house), listener, stop.clone()));
        let worker = Arc::new(Worker::of_house(&house));
        let mut workers = JoinSet::new();
        for _ in 0..count {
            let (worker, stop) = (Arc::clone(&worker), stop.clone());
            workers.spawn(async move { worker.run(stop).await });
        }
        Ok(Self {
            house,
            stop,
            task,
            workers,
        })
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

    /// Lets running requests end, hands back what the workers have in hands, and closes the store.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let served = self.task.await.context("the server broke")?;
        while self.workers.join_next().await.is_some() {}
        self.house.close().await;
        served
    }
}
