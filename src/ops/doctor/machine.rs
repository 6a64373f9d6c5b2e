//! The machine: is it large enough, is its clock right, is it a system we know?

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{Finding, text};
use crate::base::clock::{Clock, SystemClock};

pub(super) fn checks() -> Vec<Finding> {
    let memory = text("/proc/meminfo");
    let mut findings = vec![cpus(), system(&text("/etc/os-release")), architecture(), load(&text("/proc/loadavg"))];
    findings.extend(memory_checks(&meminfo(&memory)));
    findings.extend([clock(SystemClock.now()), synchronized(), pressure(&text("/proc/pressure/memory"))]);
    findings
}

fn cpus() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let saw = format!("{cores} processor cores");
    Finding::expect(
        cores >= 2,
        "processor",
        saw,
        "an import slows every search down",
        "give the machine 2 cores or more",
    )
}

fn system(release: &str) -> Finding {
    let value = |key: &str| {
        let found = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        found.unwrap_or_default().trim_matches('"').to_owned()
    };
    let known = value("ID") == "debian" && matches!(value("VERSION_ID").as_str(), "12" | "13");
    let means = "the packages are made and tested for Debian 12 and 13";
    Finding::expect(known, "system", value("PRETTY_NAME"), means, "use Debian 12 or 13")
}

fn architecture() -> Finding {
    let name = std::env::consts::ARCH;
    let known = matches!(name, "x86_64" | "aarch64");
    Finding::expect(known, "architecture", name, "it was never tried", "use an amd64 or arm64 machine")
}

fn load(average: &str) -> Finding {
    let five: f64 = average.split(' ').nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let busy = five > 4.0 * f64::from(u32::try_from(cores).unwrap_or(1));
    let saw = format!("load {five:.1} over five minutes on {cores} cores");
    Finding::expect(!busy, "load", saw, "searches take longer than they should", "see what is busy: top")
}

/// Sizes in `/proc/meminfo`, in bytes.
fn meminfo(text: &str) -> HashMap<&str, u64> {
    let size = |line: &str| line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10);
    text.lines().filter_map(|line| line.split_once(':')).filter_map(|(name, rest)| Some((name, size(rest)?))).collect()
}

fn memory_checks(sizes: &HashMap<&str, u64>) -> Vec<Finding> {
    let size = |name: &str| sizes.get(name).copied().unwrap_or_default();
    let megabytes = |bytes: u64| bytes >> 20;
    if size("MemTotal") == 0 {
        return Vec::new();
    }
    let (total, free, swap) = (size("MemTotal"), size("MemAvailable"), size("SwapTotal"));
    let used_swap = swap.saturating_sub(size("SwapFree"));
    vec![
        Finding::expect(
            megabytes(total) >= 1_800,
            "memory",
            format!("{} MB of memory", megabytes(total)),
            "an import or Qdrant may be ended for want of memory",
            "give the machine 2 GB or more; 4 GB with Qdrant",
        ),
        Finding::expect(
            free * 10 >= total,
            "memory free",
            format!("{} MB available", megabytes(free)),
            "the kernel is about to end processes",
            "see what takes it: systemd-cgtop --order=memory",
        ),
        Finding::expect(
            swap > 0 || megabytes(total) >= 7_800,
            "swap",
            format!("{} MB of swap", megabytes(swap)),
            "a peak of memory ends a process instead of slowing it down",
            "fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile",
        ),
        Finding::expect(
            swap == 0 || used_swap * 2 <= swap,
            "swap used",
            format!("{} MB of swap in use", megabytes(used_swap)),
            "memory is short, and everything waits for the disk",
            "give the machine more memory",
        ),
    ]
}

fn clock(now: DateTime<Utc>) -> Finding {
    let build = std::env::current_exe().and_then(|path| path.metadata()?.modified()).map(DateTime::<Utc>::from);
    let saw = now.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let sane = build.is_ok_and(|build| now + chrono::TimeDelta::days(1) >= build);
    let means = "sessions, links and one-time codes end at the wrong moment";
    if sane { Finding::ok("clock", saw) } else { Finding::error("clock", saw, means, "timedatectl set-ntp true") }
}

fn synchronized() -> Finding {
    const NAME: &str = "clock kept";
    // timesyncd says so by a file; chrony and ntpsec by their sockets and process files.
    let by = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/ntpd.pid"];
    match by.iter().find(|path| Path::new(path).exists()) {
        Some(path) => Finding::ok(NAME, format!("the clock is kept right ({path})")),
        // A container has the clock of its host.
        None if Path::new("/run/systemd/container").exists() => Finding::ok(NAME, "the clock is the host's"),
        None => Finding::warning(
            NAME,
            "nothing keeps the clock right",
            "it will be wrong one day, and sessions and one-time codes with it",
            "apt install systemd-timesyncd && timedatectl set-ntp true",
        ),
    }
}

/// How much of the last minute somebody waited for memory (the kernel's PSI).
fn pressure(text: &str) -> Finding {
    let field = text.lines().next().and_then(|line| line.split(' ').find_map(|part| part.strip_prefix("avg60=")));
    let share: f64 = field.and_then(|number| number.parse().ok()).unwrap_or_default();
    let saw = format!("{share:.0} % of the last minute was spent waiting for memory");
    let means = "memory is too short for what is done";
    Finding::expect(share < 20.0, "memory pressure", saw, means, "give the machine more memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Level;

    fn levels(text: &str) -> Vec<Level> {
        memory_checks(&meminfo(text)).iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_machine_with_too_little_memory_is_told() {
        let good = "MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\nSwapTotal: 2000000 kB\nSwapFree: 1900000 kB\n";
        assert_eq!(levels(good), [Level::Ok; 4]);
        let bad = "MemTotal: 1000000 kB\nMemAvailable: 50000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
        assert_eq!(levels(bad), [Level::Warning, Level::Warning, Level::Warning, Level::Ok]);
        let full = "MemTotal: 4000000 kB\nMemAvailable: 900000 kB\nSwapTotal: 1000000 kB\nSwapFree: 0 kB\n";
        assert_eq!(levels(full)[3], Level::Warning);
    }

    #[test]
    fn a_system_that_was_never_tried_is_told() {
        assert_eq!(system("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n").level, Level::Ok);
        assert_eq!(system("ID=debian\nVERSION_ID=\"11\"\n").level, Level::Warning);
    }

    #[test]
    fn a_clock_in_the_past_of_the_program_itself_is_wrong() {
        assert_eq!(clock(DateTime::from_timestamp(1_000_000_000, 0).unwrap()).level, Level::Error);
    }
}
