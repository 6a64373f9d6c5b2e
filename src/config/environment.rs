//! The process's surroundings: environment variables and its own executable.

use std::ffi::OsString;
use std::path::PathBuf;

/// The environment's overrides: `TALENTPROMPT__SECTION__KEY`, as (section, key, value), lower-cased.
pub fn overrides() -> Vec<(String, String, String)> {
    std::env::vars()
        .filter_map(|(name, value)| {
            let (section, key) = name.strip_prefix("TALENTPROMPT__")?.split_once("__")?;
            Some((section.to_lowercase(), key.to_lowercase(), value))
        })
        .collect()
}

/// Whether standard error goes straight to journald (`systemd.exec(5)`, `$JOURNAL_STREAM`).
pub fn logs_to_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some()
}

/// Where systemd has put the secrets (`LoadCredential=`).
pub fn credentials_dir() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Whether a manager that wants to be told started us (`sd_notify(3)`).
pub fn is_notified() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// The machine's name.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// This program's file, for starting itself again as a sandboxed reader.
pub fn executable() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// The command line.
pub fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}
