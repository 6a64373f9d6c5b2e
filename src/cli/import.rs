//! `import`: files and folders into the pool, with a bar and a report.

mod collect;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::collect::Collected;
use super::{output, session};
use crate::boot::Need;
use crate::boot::lifecycle;
use crate::context::Context;
use crate::model::ids::UploadId;
use crate::model::upload::{Status, Upload};
use crate::recruit::accounts::Actor;
use crate::recruit::{Error, intake};

/// Import resumes: files, folders (with what is in them) and ZIP archives
///
/// Shows progress and ends with a report of what failed and why. The same file twice is imported once, so an import
/// that was interrupted is simply started again. Uses the running appliance's workers, or its own when none runs.
/// Lists of people (CSV, JSON lines) are refused: convert them to one file for each person.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The workspace [default: the only one]
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// How often the statuses are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How often it is looked whether anybody works, where an import waits.
const AGAIN: Duration = Duration::from_secs(5);

/// What became of an import.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Files that were looked at.
    pub files: usize,
    /// Uploads that can be found now, those out of archives among them.
    pub indexed: usize,
    /// Files that were there already.
    pub duplicates: usize,
    /// What failed, and why.
    pub failed: Vec<Failure>,
    /// Seconds.
    pub seconds: f64,
}

/// A file that failed.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// Its name.
    pub file: String,
    /// A stable code.
    pub code: String,
    /// Why.
    pub detail: String,
    /// What to do.
    pub hint: String,
}

impl Failure {
    fn new(file: &Path, code: &str, detail: String, hint: &str) -> Self {
        Self { file: file.display().to_string(), code: code.to_owned(), detail, hint: hint.to_owned() }
    }
}

impl Report {
    /// Tells a person.
    pub fn say(&self) {
        output::say(&format!(
            "{} files: {} indexed, {} there already, {} failed, in {:.1} s",
            self.files,
            self.indexed,
            self.duplicates,
            self.failed.len(),
            self.seconds
        ));
        for failure in &self.failed {
            output::say(&format!("  {}: {} {}", failure.file, failure.detail, failure.hint));
        }
    }
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    let actor = session::operator(&ctx, arguments.workspace.as_deref()).await?;
    let mut workers = Workers::new(&ctx);
    workers.ensure().await?;
    let report = import(&ctx, &actor, &arguments.paths, &mut workers).await;
    workers.end().await?;
    let report = report?;
    if arguments.json {
        output::json(&report)?;
    } else {
        report.say();
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Those who do the work of an import: the workers of a running appliance, or own ones where no process has any.
pub struct Workers {
    ctx: Context,
    stop: CancellationToken,
    own: Option<JoinHandle<Result<()>>>,
}

impl Workers {
    /// Those of others, as long as there are any.
    pub fn new(ctx: &Context) -> Self {
        Self { ctx: ctx.clone(), stop: CancellationToken::new(), own: None }
    }

    /// Starts own ones where nobody works; the appliance that did may have been stopped. Fails when own ones did.
    async fn ensure(&mut self) -> Result<()> {
        if let Some(ended) = self.own.take_if(|own| own.is_finished()) {
            ended.await?.context("the workers of this import failed; see what is wrong with `talentprompt doctor`")?;
        }
        if self.own.is_none() && !self.ctx.store.workers_alive().await? {
            self.own = Some(tokio::spawn(lifecycle::work(self.ctx.clone(), self.stop.clone())));
        }
        Ok(())
    }

    /// Ends own ones in order.
    pub async fn end(self) -> Result<()> {
        self.stop.cancel();
        match self.own {
            Some(own) => own.await?,
            None => Ok(()),
        }
    }
}

/// Imports `paths` and waits until everything can be found or has failed.
pub async fn import(ctx: &Context, actor: &Actor, paths: &[PathBuf], workers: &mut Workers) -> Result<Report> {
    let started = Instant::now();
    let mut found = Collected::default();
    for path in paths {
        found.add(path);
    }
    let Collected { files, refused, .. } = found;
    if files.is_empty() && refused.is_empty() {
        bail!("there are no files in {}", paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "));
    }
    let mut report = Report { files: files.len() + refused.len(), failed: refused, ..Report::default() };
    let mut waiting = BTreeMap::new();
    let bar = output::bar(files.len() as u64, "importing");
    for path in &files {
        match take(ctx, actor, path).await? {
            Taken::Upload(upload) if upload.duplicate_of.is_some() && upload.status.is_final() => {
                report.duplicates += 1;
                bar.inc(1);
            }
            Taken::Upload(upload) => drop(waiting.insert(upload.id, path.clone())),
            Taken::Refused(failure) => {
                report.failed.push(failure);
                bar.inc(1);
            }
        }
    }
    let mut looked = Instant::now();
    while !waiting.is_empty() {
        tokio::time::sleep(LOOK).await;
        look(ctx, actor, &mut waiting, &mut report, &bar).await?;
        if looked.elapsed() >= AGAIN {
            workers.ensure().await?;
            looked = Instant::now();
        }
    }
    bar.finish_and_clear();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

enum Taken {
    Upload(Upload),
    Refused(Failure),
}

async fn take(ctx: &Context, actor: &Actor, path: &Path) -> Result<Taken> {
    let refused = |code: &str, detail: String, hint: &str| Taken::Refused(Failure::new(path, code, detail, hint));
    let limit = ctx.config.get().intake.max_file_mb;
    let size = tokio::fs::metadata(path).await.map(|meta| meta.len()).unwrap_or_default();
    if size > limit << 20 {
        return Ok(refused("file_too_large", format!("is larger than {limit} MB."), "Make it smaller, or split it."));
    }
    let bytes = match tokio::fs::read(path).await {
        Ok(bytes) => bytes,
        Err(error) => return Ok(refused("unreadable", format!("cannot be read: {error}."), "Check its permissions.")),
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match intake::receive(ctx, actor, &name, bytes).await {
        Ok(upload) => Ok(Taken::Upload(upload)),
        Err(Error::TooLarge(code, detail)) => Ok(refused(code, detail, "")),
        Err(error) => Err(error).with_context(|| format!("cannot take {} in", path.display())),
    }
}

/// Looks once how far the uploads have come, and keeps those in `waiting` that go on.
async fn look(
    ctx: &Context,
    actor: &Actor,
    waiting: &mut BTreeMap<UploadId, PathBuf>,
    report: &mut Report,
    bar: &indicatif::ProgressBar,
) -> Result<()> {
    let ids: Vec<UploadId> = waiting.keys().copied().collect();
    let mut gone: BTreeSet<UploadId> = ids.iter().copied().collect();
    for upload in intake::some(ctx, actor, &ids).await? {
        gone.remove(&upload.id);
        if !upload.status.is_final() {
            continue;
        }
        let path = waiting.remove(&upload.id).unwrap_or_default();
        bar.inc(1);
        if upload.status == Status::Indexed {
            report.indexed += 1;
        }
        // Of an archive that failed some may have come out before.
        for child in intake::children(ctx, actor, upload.id).await? {
            bar.inc_length(1);
            waiting.insert(child.id, path.join(&child.filename));
        }
        if let Some(error) = upload.error {
            report.failed.push(Failure::new(&path, &error.code, error.detail, &error.hint));
        }
    }
    for path in gone.iter().filter_map(|id| waiting.remove(id)) {
        bar.inc(1);
        let detail = "was deleted while it was being imported.".to_owned();
        report.failed.push(Failure::new(&path, "deleted", detail, "Import it again if that was a mistake."));
    }
    Ok(())
}
