//! `plumbline serve`: the web application, until Ctrl-C.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use connectors::http::{Clock, SystemClock};
use store::Installation;
use store::control::people;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::arguments::ServeArguments;
use super::{Answer, Global};
use crate::desk;
use crate::mail::{MailSettings, Mailer};
use crate::web;
use crate::web::house::House;
use crate::web::signin::door::{Door, DoorSettings, Factors};
use crate::web::signin::password::Cost;

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
    let serving = Serving::start(installation, clock, settings, listener)?;
    println!("{}", serving.greeting().await?);
    tokio::signal::ctrl_c().await?;
    serving.stop().await?;
    Ok(Answer::text("Stopped."))
}

async fn opened(data: &Path, clock: &dyn Clock) -> anyhow::Result<Installation> {
    desk::open_installation(data, clock).await
}

/// An origin is a scheme and a host, and a port where it is not the usual one.
fn checked(origin: &str) -> anyhow::Result<String> {
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
}

impl Serving {
    /// Serves an installation on a listener.
    pub(super) fn start(
        installation: Installation,
        clock: Arc<dyn Clock>,
        settings: DoorSettings,
        listener: TcpListener,
    ) -> anyhow::Result<Self> {
        let door = Door::try_new(installation.clone(), Arc::clone(&clock), settings)?;
        let house = Arc::new(House::new(installation, clock, door));
        let stop = CancellationToken::new();
        let task = tokio::spawn(web::serve(Arc::clone(&house), listener, stop.clone()));
        Ok(Self { house, stop, task })
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

    /// Lets running requests and a reading end, and closes the store.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let served = self.task.await.context("the server broke")?;
        self.house.close().await;
        served
    }
}
