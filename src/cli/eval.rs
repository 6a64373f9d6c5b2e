//! `eval`: quality and latency of search on a labelled set. Nothing here, and nothing below, looks at the labels before
//! the ranking is made.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{output, session};
use crate::base::{random, secret};
use crate::boot::Need;
use crate::boot::lifecycle;
use crate::context::Context;
use crate::model::ids::CandidateId;
use crate::model::ranking::{self, Scores};
use crate::model::upload::Status;
use crate::recruit::accounts::Actor;
use crate::recruit::accounts::setup::{self, NewOwner};
use crate::recruit::search::{self, Asker, MAX_LIMIT, Request};
use crate::recruit::{indexing, intake};

/// Measure search on a labelled set
///
/// Imports the corpus into a scratch workspace through the ordinary pipeline (or reuses it when it is unchanged), runs
/// each query through the ordinary search, and prints nDCG@10, recall@50, MRR, MAP@100 and latencies.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// JSON lines: {"id", "text"} or {"id", "path"}
    #[arg(long, value_name = "FILE")]
    corpus: PathBuf,
    /// JSON lines: {"id", "query", "relevant": {"CORPUS ID": 2|1|0|-1}}
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Write {"id", "ranking"} lines for other scorers
    #[arg(long, value_name = "FILE")]
    run_out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
struct Document {
    id: String,
    text: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Question {
    id: String,
    query: String,
    relevant: HashMap<String, i32>,
}

#[derive(Debug, Serialize)]
struct Scored {
    id: String,
    took_ms: f64,
    #[serde(flatten)]
    scores: Scores,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    let documents: Vec<Document> = read_lines(&arguments.corpus)?;
    let questions: Vec<Question> = read_lines(&arguments.queries)?;
    let (actor, ids, per_second) = corpus(&ctx, &arguments.corpus, documents).await?;
    indexing::rebuild_workspace(&ctx, actor.member.workspace_id).await?;

    let bar = output::bar(questions.len() as u64, "searching");
    let mut runs = Vec::new();
    let mut scored = Vec::new();
    for question in questions {
        let request = Request { query: question.query, limit: Some(MAX_LIMIT), ..Request::default() };
        let started = Instant::now();
        let answer = search::search(&ctx, Asker::from(&actor), request).await?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        let ranked: Vec<String> =
            answer.hits.iter().filter_map(|hit| ids.get(&hit.candidate_id)).flatten().cloned().collect();
        let scores = ranking::score(&ranked, &question.relevant);
        runs.push(json!({ "id": question.id, "ranking": ranked }));
        scored.push(Scored { id: question.id, took_ms, scores });
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(path) = &arguments.run_out {
        let mut out = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        for run in &runs {
            writeln!(out, "{run}")?;
        }
    }
    report(&scored, per_second, arguments.json)
}

fn report(scored: &[Scored], per_second: Option<f64>, as_json: bool) -> Result<ExitCode> {
    let mean = Scores::mean(scored.iter().map(|one| &one.scores));
    let mut times: Vec<f64> = scored.iter().map(|one| one.took_ms).collect();
    times.sort_by(f64::total_cmp);
    let (p50, p95) = (ranking::percentile(&times, 50), ranking::percentile(&times, 95));
    if as_json {
        output::json(&json!({
            "ndcg@10": mean.ndcg, "recall@50": mean.recall, "mrr": mean.mrr, "map@100": mean.map,
            "p50_ms": p50, "p95_ms": p95, "import_docs_per_s": per_second, "queries": scored,
        }))?;
    } else {
        output::line(&format!(
            "{} queries: nDCG@10 {:.4}, recall@50 {:.4}, MRR {:.4}, MAP@100 {:.4}; p50 {p50:.1} ms, p95 {p95:.1} ms",
            scored.len(),
            mean.ndcg,
            mean.recall,
            mean.mrr,
            mean.map
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read_lines<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut out = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            let value = serde_json::from_str(&line).with_context(|| format!("{}:{}", path.display(), number + 1))?;
            out.push(value);
        }
    }
    Ok(out)
}

type Ids = HashMap<CandidateId, Vec<String>>;

/// The scratch workspace with the corpus in it; which corpus ids each candidate stands for; documents a second, where
/// any had to be imported.
async fn corpus(ctx: &Context, path: &Path, documents: Vec<Document>) -> Result<(Actor, Ids, Option<f64>)> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot open {}", path.display()))?;
    let name = format!("eval {}", &secret::hex(&secret::sha256(&bytes))[..16]);
    let actor = match session::operator(ctx, Some(&name)).await {
        Ok(actor) => actor,
        Err(_) => {
            let email = format!("{}@example.invalid.local", name.replace(' ', "-"));
            let (password, owner_name) = (random::token(), "Evaluation".to_owned());
            setup::create(ctx, NewOwner { workspace: name.clone(), name: owner_name, email, password }).await?;
            session::operator(ctx, Some(&name)).await?
        }
    };
    let started = Instant::now();
    let stop = CancellationToken::new();
    let workers = tokio::spawn(lifecycle::work(ctx.clone(), stop.clone()));
    let total = documents.len();
    let bar = output::bar(total as u64, "importing");
    let mut uploads = HashMap::new();
    let mut fresh = 0;
    for document in documents {
        let (filename, bytes) = content(path, &document)?;
        let upload = intake::receive(ctx, &actor, &filename, bytes).await?;
        fresh += usize::from(upload.duplicate_of.is_none());
        uploads.entry(upload.id).or_insert_with(Vec::new).push(document.id);
    }
    loop {
        let (_, counts) = intake::list(ctx, &actor, None, None, 1).await?;
        let open: i64 = counts.iter().filter(|(status, _)| !status.is_final()).map(|(_, count)| count).sum();
        bar.set_position(total as u64 - u64::try_from(open).unwrap_or_default());
        if open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    stop.cancel();
    workers.await??;
    bar.finish_and_clear();
    let mut ids = Ids::new();
    let wanted: Vec<_> = uploads.keys().copied().collect();
    for upload in intake::some(ctx, &actor, &wanted).await? {
        match upload.candidate_id {
            Some(candidate) => ids.entry(candidate).or_default().extend(uploads.remove(&upload.id).unwrap_or_default()),
            None if upload.status == Status::Failed => output::say(&format!("not imported: {}", upload.filename)),
            None => {}
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a corpus has far fewer documents than a float counts")]
    let per_second = (fresh > 0).then(|| fresh as f64 / started.elapsed().as_secs_f64());
    Ok((actor, ids, per_second))
}

fn content(corpus: &Path, document: &Document) -> Result<(String, Vec<u8>)> {
    if let Some(text) = &document.text {
        return Ok((format!("{}.txt", document.id), text.clone().into_bytes()));
    }
    let Some(path) = &document.path else { anyhow::bail!("`{}` has neither text nor path", document.id) };
    let path = corpus.parent().unwrap_or(Path::new(".")).join(path);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((name, bytes))
}
