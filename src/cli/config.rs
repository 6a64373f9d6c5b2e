//! `config`: checks and shows the configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::{Map, json};

use super::output;
use crate::config;
use crate::gateways::domain::Wish;

/// What puts a change of ports into force.
const RESTART: &str = "systemctl daemon-reload && systemctl restart talentprompt.socket talentprompt.service";

/// Check, show, locate or extend the configuration
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the configuration; names file, line and key of a mistake
    Check,
    /// Show every value and where it came from; secrets are masked
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the path of the configuration file that is read
    Path,
    /// Serve https under a name, with a certificate that is obtained and renewed by itself
    ///
    /// Adds the section `[tls]` to the configuration file, which must not have one. The name must lead to this server, and
    /// its ports 80 and 443 must be reached from outside. With it you agree to the authority's terms.
    Domain {
        /// The name that people open, such as talent.example.com
        #[arg(value_name = "NAME", required_unless_present = "wanted")]
        domain: Option<String>,
        /// Where the authority writes to when something is wrong, an e-mail address
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
        /// Take both from a file that the first page left, and remove it
        #[arg(long, value_name = "FILE", conflicts_with_all = ["domain", "contact"])]
        wanted: Option<PathBuf>,
    },
}

/// Runs the command.
pub fn run(file: Option<&Path>, command: &Command) -> Result<ExitCode> {
    let path = config::file(file);
    match command {
        Command::Check => {
            config::load(path.as_deref())?;
            output::line("the configuration is sound")?;
        }
        Command::Show { json: true } => {
            let loaded = config::load(path.as_deref())?;
            let values = loaded
                .values()
                .map(|(key, value, source)| (key, json!({ "value": value, "source": source.to_string() })));
            output::json(&values.collect::<Map<_, _>>())?;
        }
        Command::Show { json: false } => {
            let loaded = config::load(path.as_deref())?;
            for (key, value, source) in loaded.values() {
                output::line(&format!("{key} = {value}  # {source}"))?;
            }
        }
        Command::Path => match path {
            Some(path) => output::line(&path.display().to_string())?,
            None => output::line(&format!("none: {} does not exist, the defaults apply", config::DEFAULT_PATH))?,
        },
        Command::Domain { domain, contact, wanted } => {
            let wish = match wanted {
                Some(left) => Wish::take(left).with_context(|| format!("cannot read {}", left.display()))?,
                None => Wish { domain: domain.clone().unwrap_or_default(), contact: contact.clone() },
            };
            let path = path.as_deref().unwrap_or(Path::new(config::DEFAULT_PATH));
            config::domain::set_domain(path, &wish.domain, wish.contact.as_deref())?;
            output::line(&format!("https://{} is in force after: {RESTART}", wish.domain))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
