//! What the appliance keeps and does: schema, roles, tasks, index, documents, the first owner.

use super::Finding;
use crate::context::Context;
use crate::model::workspace::is_scratch;
use crate::ops::upgrade;
use crate::store::{self, queue};

/// How long a task may wait on a machine that keeps up, in seconds.
const WAITED: f64 = 900.0;

const POSTGRES: &str = "talentprompt services status postgres, or check `[database] url`";

pub(super) async fn checks(ctx: &Context) -> Vec<Finding> {
    vec![
        role(ctx).await,
        schema(ctx).await,
        connections(ctx),
        owner(ctx).await,
        tasks(ctx).await,
        waiting(ctx).await,
        workers(ctx).await,
        cache(ctx).await,
        index(ctx).await,
        documents(ctx).await,
    ]
}

async fn role(ctx: &Context) -> Finding {
    const NAME: &str = "database role";
    match ctx.store.check_role().await {
        Ok(()) => Finding::ok(NAME, "cannot see more than one workspace at a time"),
        Err(error) => {
            Finding::error(NAME, error.to_string(), "workspaces are not kept apart, or nothing works", POSTGRES)
        }
    }
}

async fn schema(ctx: &Context) -> Finding {
    const NAME: &str = "schema";
    match ctx.store.schema().await {
        Ok(known) if known.is_newer() => {
            let theirs = known.release.unwrap_or_else(|| "a later version".to_owned());
            let saw = format!("schema {} of {theirs}; this program has {}", known.schema, known.program);
            let todo = format!("install {theirs} again, or: talentprompt migrate roll-back");
            Finding::error(NAME, saw, "this program cannot work with it", todo)
        }
        Ok(known) if known.pending().is_none() => {
            Finding::ok(NAME, format!("{} migrations, all applied", known.migrations.len()))
        }
        Ok(_) if upgrade::failed().is_some() => {
            let todo = "see the check `upgrade`";
            Finding::warning(NAME, "is that of the version that serves", "the upgrade waits to be tried again", todo)
        }
        Ok(_) => {
            let means = "this program cannot work with it yet";
            let todo = "systemctl restart talentprompt, or: talentprompt migrate up";
            Finding::error(NAME, "the schema is older than this program", means, todo)
        }
        Err(error) => Finding::error(NAME, error.to_string(), "nothing can be saved or found", POSTGRES),
    }
}

fn connections(ctx: &Context) -> Finding {
    let config = ctx.config.get();
    let (most, workers) = (config.database.max_connections, config.tasks.workers);
    let saw = format!("{most} connections for {workers} workers and everybody who asks");
    let well = usize::try_from(most).is_ok_and(|most| most >= workers + 4);
    Finding::expect(well, "connections", saw, "requests wait for workers", "raise `[database] max_connections`")
}

async fn owner(ctx: &Context) -> Finding {
    const NAME: &str = "owner";
    let looked = async {
        let mut tx = ctx.store.system().await?;
        store::accounts::workspaces(&mut tx).await
    };
    match looked.await {
        Ok(known) if known.iter().all(|(_, name)| is_scratch(name)) => {
            Finding::warning(NAME, "nobody has an account yet", "nobody can sign in", "talentprompt owner-link")
        }
        Ok(known) => Finding::ok(NAME, format!("{} workspaces", known.len())),
        Err(error) => Finding::error(NAME, error.to_string(), "nobody can sign in", POSTGRES),
    }
}

async fn tasks(ctx: &Context) -> Finding {
    const NAME: &str = "tasks";
    let looked = async { Ok::<_, store::Error>((ctx.store.task_counts().await?, given_up(ctx).await?)) };
    match looked.await {
        Ok((counts, 0)) => {
            Finding::ok(NAME, format!("{} waiting, {} running, none given up", counts.ready, counts.running))
        }
        Ok((_, given_up)) => Finding::warning(
            NAME,
            format!("{given_up} tasks were given up"),
            "some files are kept but cannot be found",
            "see the failed uploads on the page Uploads, and try them again there",
        ),
        Err(error) => Finding::error(NAME, error.to_string(), "nothing can be imported", POSTGRES),
    }
}

/// Tasks that were given up, in no workspace and in each.
async fn given_up(ctx: &Context) -> store::Result<i64> {
    let mut tx = ctx.store.system().await?;
    let workspaces = store::accounts::workspaces(&mut tx).await?;
    let mut count = queue::given_up(&mut tx).await?;
    for (workspace, _) in workspaces {
        count += queue::given_up(&mut ctx.store.workspace(workspace).await?).await?;
    }
    Ok(count)
}

async fn waiting(ctx: &Context) -> Finding {
    const NAME: &str = "queue";
    match ctx.store.task_wait(ctx.now()).await {
        Ok(seconds) => Finding::expect(
            seconds < WAITED,
            NAME,
            format!("the oldest task has waited for {seconds:.0} s"),
            "an import is larger than the machine is fast, or the workers do not get on",
            "wait, or see whether tasks run: journalctl -u talentprompt TP_KIND=extract",
        ),
        Err(error) => Finding::error(NAME, error.to_string(), "nothing can be imported", POSTGRES),
    }
}

async fn workers(ctx: &Context) -> Finding {
    const NAME: &str = "workers";
    match ctx.store.workers_alive().await {
        Ok(true) => Finding::ok(NAME, "are at work"),
        Ok(false) => Finding::error(NAME, "no process works", "nothing is imported", "systemctl start talentprompt"),
        Err(error) => Finding::error(NAME, error.to_string(), "nothing can be imported", POSTGRES),
    }
}

async fn cache(ctx: &Context) -> Finding {
    const NAME: &str = "cache";
    match ctx.cache.ready().await {
        Some(true) => Finding::ok(NAME, "answers"),
        Some(false) => Finding::warning(
            NAME,
            "does not answer",
            "sessions and limits are kept in the process meanwhile; searches are slower",
            "talentprompt services status redis, or check `[redis] url`",
        ),
        None => Finding::ok(NAME, "not configured; sessions and limits are kept in the process"),
    }
}

async fn index(ctx: &Context) -> Finding {
    const NAME: &str = "vectors";
    let model = ctx.embedder.model();
    match ctx.vectors.ready().await {
        Ok(_) => {
            let engine = ctx.vectors.name();
            Finding::ok(
                NAME,
                format!("the engine `{engine}` answers; model {}, {} numbers", model.name, model.dimensions),
            )
        }
        Err(error) => Finding::error(
            NAME,
            error.to_string(),
            "the process searches by itself, by words and vectors in its own memory",
            "talentprompt services status qdrant, or check `[vector] url`",
        ),
    }
}

async fn documents(ctx: &Context) -> Finding {
    const NAME: &str = "documents";
    let test = match ctx.extractor.sandbox_self_test().await {
        Ok(test) => test,
        Err(error) => return Finding::error(NAME, error.to_string(), "no document can be read", error.hint()),
    };
    if let Some((program, package)) = test.missing_tools.first() {
        let saw = format!("`{program}` is not installed");
        return Finding::error(NAME, saw, "some documents cannot be read", format!("apt install {package}"));
    }
    Finding::expect(
        test.holds(),
        NAME,
        format!("are read behind these walls: {}", test.sandbox.join(", ")),
        "a hostile document could reach the network or other files",
        "allow Landlock and seccomp to this program (a newer kernel, or the shipped unit)",
    )
}
