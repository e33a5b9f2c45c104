//! `plumbline work` does what is due without serving pages; `plumbline jobs` shows what there is.

use std::sync::Arc;

use connectors::http::{Clock, SystemClock};
use jiff::SignedDuration;
use store::jobs::{self, Job, JobState};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::arguments::{JobsCommand, WorkArguments};
use super::serve::{checked, stopped};
use super::table::{Cell, Table};
use super::{Answer, Format, Global};
use crate::desk::{self, Desk};
use crate::mail::{MailSettings, Mailer};
use crate::work::digest::Post;
use crate::work::{Worker, kind_in_words};

pub(super) async fn run(global: &Global, arguments: WorkArguments) -> anyhow::Result<Answer> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let installation = desk::open_installation(&global.data(), clock.as_ref()).await?;
    let origin = arguments.origin.as_deref().map(checked).transpose()?;
    let post = MailSettings::of_the_environment()?
        .map(|settings| Mailer::try_new(&settings))
        .transpose()?
        .map(|mailer| Post { mailer, origin });
    let worker = Worker::new(installation.clone(), clock, post);
    let worker = Arc::new(worker.with_lease(SignedDuration::from_secs(arguments.lease.into())));
    let stop = CancellationToken::new();
    let stopped = stopped()?;
    let mut workers = JoinSet::new();
    for _ in 0..arguments.workers.max(1) {
        let (worker, stop) = (Arc::clone(&worker), stop.clone());
        if arguments.once {
            workers.spawn(async move { worker.until_quiet(stop).await });
        } else {
            workers.spawn(async move { worker.run(stop).await });
        }
    }
    let all = async { while workers.join_next().await.is_some() {} };
    tokio::pin!(all);
    tokio::select! {
        () = &mut all => {}
        () = stopped => {
            stop.cancel();
            all.await;
        }
    }
    installation.close().await;
    let done = worker.jobs_done();
    Ok(Answer::text(format!("Stopped; jobs done: {done}")))
}

pub(super) async fn jobs(global: &Global, what: Option<JobsCommand>) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    let answer = match what {
        None => listed(&desk, global.format).await,
        Some(JobsCommand::Retry { id }) => jobs::retry(&desk.store, &desk.scope, &id)
            .await
            .map(|()| Answer::text(format!("{id} waits to be done.")))
            .map_err(Into::into),
    };
    desk.close().await;
    answer
}

async fn listed(desk: &Desk, format: Format) -> anyhow::Result<Answer> {
    let mut all: Vec<(&str, Job)> = Vec::new();
    for (state, word) in [
        (JobState::Dead, "given up"),
        (JobState::Leased, "in hands"),
        (JobState::Waiting, "waiting"),
    ] {
        let found = jobs::jobs(&desk.store, &desk.scope, state).await?;
        all.extend(found.into_iter().map(|job| (word, job)));
    }
    if format == Format::Json {
        let all: Vec<_> = all
            .iter()
            .map(|(state, job)| {
                serde_json::json!({
                    "id": job.id,
                    "kind": job.kind,
                    "payload": job.payload,
                    "state": state,
                    "due": job.run_at.to_string(),
                    "attempts": job.attempts,
                    "last_error": job.last_error,
                })
            })
            .collect();
        return Ok(Answer::text(serde_json::Value::from(all).to_string()));
    }
    let mut table = Table::new(&["id", "what", "state", "due", "tried", "why it failed"]);
    for (state, job) in all {
        table.push(vec![
            Cell::text(job.id),
            Cell::text(kind_in_words(&job.kind)),
            Cell::text(state),
            Cell::text(format!("{:.0}", job.run_at)),
            Cell::Count(job.attempts),
            job.last_error.map_or(Cell::Empty, Cell::text),
        ]);
    }
    Ok(Answer::text(table.aligned()))
}
