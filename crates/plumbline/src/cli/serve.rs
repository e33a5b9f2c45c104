//! `plumbline serve`: the web application, until Ctrl-C.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use connectors::http::SystemClock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Answer, Global};
use crate::desk::Desk;
use crate::web::{self, house::House};

pub(super) async fn run(
    global: &Global,
    listen: SocketAddr,
    without_sign_in: bool,
) -> anyhow::Result<Answer> {
    ensure!(
        without_sign_in,
        "nobody can sign in yet, so this serves the operator of this machine only: start it with \
         --without-sign-in, which keeps it on this machine"
    );
    let desk = Desk::open(&global.data(), Arc::new(SystemClock)).await?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("failed to listen on {listen}"))?;
    let serving = Serving::start(desk, listener)?;
    println!(
        "Plumbline is at {}. Ctrl-C stops it.",
        serving.house.origin()
    );
    tokio::signal::ctrl_c().await?;
    serving.stop().await?;
    Ok(Answer::text("Stopped."))
}

/// A web application that is being served.
pub(super) struct Serving {
    /// Its tenants.
    pub(super) house: Arc<House>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Serving {
    /// Serves a desk on a listener.
    pub(super) fn start(desk: Desk, listener: TcpListener) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("failed to learn the port")?;
        let house = Arc::new(House::new(desk, format!("http://{address}")));
        let stop = CancellationToken::new();
        let task = tokio::spawn(web::serve(Arc::clone(&house), listener, stop.clone()));
        Ok(Self { house, stop, task })
    }

    /// Lets running requests and a reading end, and closes the store.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let served = self.task.await.context("the server broke")?;
        self.house.close().await;
        served
    }
}
