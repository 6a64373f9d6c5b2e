//! The journal of the appliance's units, by `journalctl`: the files are read by no other interface that is stable.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// The units whose log is ours.
const UNITS: [&str; 6] = [
    "talentprompt.service",
    "talentprompt-postgres.service",
    "talentprompt-redis.service",
    "talentprompt-qdrant.service",
    "talentprompt-backup.service",
    "talentprompt-backup-drill.service",
];

/// At most so much is read, newest first, and so long is waited.
const LINES: u32 = 20_000;
const BYTES: u64 = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the units said in the last day, the newest first, a JSON object a line with these `fields` of each entry.
///
/// # Errors
/// In words, where there is no journal or it cannot be read.
pub async fn last_day(fields: &[&str]) -> Result<String, String> {
    let mut command = Command::new("journalctl");
    command.args(["--no-pager", "--quiet", "--reverse", "--output=json", "--since=-1d"]);
    command.arg(format!("--lines={LINES}")).arg(format!("--output-fields={}", fields.join(",")));
    command.args(UNITS.map(|unit| format!("--unit={unit}")));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("journalctl cannot be run: {error}"))?;
    let Some(output) = child.stdout.take() else { return Err("journalctl says nothing".to_owned()) };
    let mut bytes = Vec::new();
    match tokio::time::timeout(PATIENCE, output.take(BYTES).read_to_end(&mut bytes)).await {
        Ok(Ok(_)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Err(error)) => Err(format!("journalctl cannot be read: {error}")),
        Err(_) => Err("journalctl does not answer".to_owned()),
    }
}
