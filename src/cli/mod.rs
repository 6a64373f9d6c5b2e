//! Floor 9: the command line, one file per command. Data goes to standard output, everything else to standard error.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::environment;
use crate::gateways::extract;
use crate::{recruit, store};

mod ai;
mod backup;
mod config;
mod demo;
mod doctor;
mod eval;
mod import;
mod interpret;
mod mail;
mod migrate;
mod openapi;
mod output;
mod owner_link;
mod parse;
mod reindex;
mod search;
mod serve;
mod services;
mod session;
mod support_bundle;
mod tokens;
mod users;

/// The recruiting team's own talent search: resumes in, the right people out, with proof.
///
/// Try it without any set-up: `talentprompt demo`. Every command explains itself with --help.
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a service it needs is not ready.
#[derive(Debug, Parser)]
#[command(name = "talentprompt", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    /// The configuration file [default: /etc/talentprompt/talentprompt.toml, where it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Demo(demo::Arguments),
    Import(import::Arguments),
    Parse(parse::Arguments),
    Search(search::Arguments),
    Interpret(interpret::Arguments),
    Eval(eval::Arguments),
    Reindex(reindex::Arguments),
    #[command(subcommand)]
    Users(users::Command),
    #[command(subcommand)]
    Tokens(tokens::Command),
    OwnerLink(owner_link::Arguments),
    #[command(subcommand)]
    Ai(ai::Command),
    #[command(subcommand)]
    Mail(mail::Command),
    #[command(subcommand)]
    Services(services::Command),
    #[command(subcommand)]
    Backup(backup::Command),
    #[command(subcommand)]
    Config(config::Command),
    #[command(subcommand)]
    Migrate(migrate::Command),
    Openapi(openapi::Arguments),
    Doctor(doctor::Arguments),
    SupportBundle(support_bundle::Arguments),
}

/// Runs the command line and answers its exit code.
pub fn run() -> ExitCode {
    let mut arguments = environment::arguments().skip(1);
    // The document reader locks itself up before anything else exists in the process.
    if arguments.next().is_some_and(|command| command == extract::CHILD_COMMAND)
        && let Some(request) = arguments.next()
    {
        return extract::child_main(&request.to_string_lossy());
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&anyhow::Error::from(error)),
    };
    let outcome = runtime.block_on(dispatch(arguments));
    // A search's record may still be on its way; nothing else is left running.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(code) => code,
        Err(error) if not_ready(&error) => {
            output::failed(&error);
            ExitCode::from(3)
        }
        Err(error) => output::failed(&error),
    }
}

async fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Serve(arguments) => Box::pin(serve::run(file, arguments)).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Import(arguments) => import::run(file, arguments).await,
        Command::Parse(arguments) => parse::run(file, arguments).await,
        Command::Search(arguments) => search::run(file, arguments).await,
        Command::Interpret(arguments) => interpret::run(&arguments),
        Command::Eval(arguments) => eval::run(file, arguments).await,
        Command::Reindex(arguments) => reindex::run(file, arguments).await,
        Command::Users(command) => users::run(file, command).await,
        Command::Tokens(command) => tokens::run(file, command).await,
        Command::OwnerLink(arguments) => owner_link::run(file, arguments).await,
        Command::Ai(command) => ai::run(file, command).await,
        Command::Mail(command) => mail::run(file, command).await,
        Command::Services(command) => services::run(file, command).await,
        Command::Backup(command) => backup::run(file, command).await,
        Command::Config(command) => config::run(file, &command),
        Command::Migrate(command) => migrate::run(file, &command).await,
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Doctor(arguments) => doctor::run(file, arguments).await,
        Command::SupportBundle(arguments) => support_bundle::run(file, arguments).await,
    }
}

/// Whether the cause is a service that is away.
fn not_ready(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        matches!(cause.downcast_ref::<store::Error>(), Some(store::Error::Unavailable(_)))
            || matches!(cause.downcast_ref::<recruit::Error>(), Some(recruit::Error::Unavailable(_)))
    })
}
