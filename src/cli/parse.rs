//! `parse`: one document to JSON Resume, with the source of every value.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::{output, session};
use crate::base::clock::{Clock, SystemClock};
use crate::boot;
use crate::gateways::extract::{Extractor, Ocr};
use crate::model::resume::{self, json_resume};

/// Read one document and print what is understood of it
///
/// Prints JSON Resume with an `x-talentprompt` part: all e-mails, phones and links, and each value with its place in the
/// text and a confidence. Needs no running service.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The document
    file: PathBuf,
    /// Accepted for scripts: the output is JSON in any case
    #[arg(long)]
    json: bool,
    /// Whether pages without text are read by OCR
    #[arg(long, value_enum, default_value = "auto")]
    ocr: OcrChoice,
    /// Print the extracted text instead
    #[arg(long, conflicts_with = "json")]
    text: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum OcrChoice {
    Auto,
    Never,
    Always,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let config = session::quiet_configuration(file)?;
    let ocr = match arguments.ocr {
        OcrChoice::Auto => Ocr::Auto,
        OcrChoice::Never => Ocr::Never,
        OcrChoice::Always => Ocr::Always,
    };
    let extractor = boot::extractor(&config, ocr)?;
    let name = arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let document = read(&extractor, &arguments.file, &name).await?;
    if arguments.text {
        output::line(&document.text)?;
        return Ok(ExitCode::SUCCESS);
    }
    let country = Some(config.intake.default_country.as_str()).filter(|country| !country.is_empty());
    let today = SystemClock.now().date_naive();
    let mut profile = resume::read(&document.text, today, country);
    profile.findings.extend(document.findings);
    output::json(&json_resume::to_json_resume(&profile, &document.text, today))?;
    Ok(ExitCode::SUCCESS)
}

async fn read(extractor: &Extractor, path: &Path, name: &str) -> Result<crate::gateways::extract::Extracted> {
    extractor
        .extract(path, name)
        .await
        .map_err(|error| anyhow::anyhow!("{error} {} (code {})", error.hint(), error.code.as_str()))
        .with_context(|| format!("cannot read {}", path.display()))
}
