//! The units, and the services behind them: does systemd run them, do they answer, are they new enough?

use super::{Finding, Scene};
use crate::config::Vector;
use crate::gateways::systemd::Units;
use crate::ops::supervise::{self, Service};

/// Oldest major versions that were tried.
const OLDEST: [(&str, u32); 4] = [("PostgreSQL", 15), ("Redis", 6), ("Valkey", 7), ("Qdrant", 1)];

pub(super) async fn checks(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(units) = scene.units {
        findings.push(unit(units, "unit", "talentprompt.service").await);
        findings.extend(wish(units).await);
    } else {
        findings.push(Finding::ok("unit", "systemd does not run this machine; nothing is supervised"));
    }
    let local = supervise::services(scene.config);
    if local.is_empty() {
        findings.push(Finding::ok("local services", "none: the configuration points elsewhere"));
    }
    findings.push(engine(&scene.config.vector));
    for service in &local {
        if let Some(units) = scene.units {
            findings.push(unit(units, "unit", service.unit).await);
        }
        findings.extend(answers(service).await);
    }
    findings
}

/// Which vector engine is used, why, and what that means.
fn engine(vector: &Vector) -> Finding {
    let saw = match (vector.url.as_str(), vector.engine.as_str()) {
        ("", "embedded") => {
            "the one in this process, as `[vector] engine` says: it is kept in memory and filled from Postgres at each \
             start, which is right for some 100,000 passages"
                .to_owned()
        }
        ("", _) => {
            "the one in this process, as there is no Qdrant here and no `[vector] url`: it is kept in memory and filled \
             from Postgres at each start, which is right for some 100,000 passages; for more: apt install qdrant, then \
             systemctl restart talentprompt, which computes no embedding again"
                .to_owned()
        }
        (url, _) if supervise::is_loopback(url) => {
            format!("Qdrant on this machine, at {url}: it keeps its index on disk; while it is away this process searches")
        }
        _ => "the Qdrant server of `[vector] url`, kept by somebody else; while it is away this process searches".to_owned(),
    };
    Finding::ok("vector engine", saw)
}

async fn unit(units: &dyn Units, check: &'static str, name: &str) -> Finding {
    let todo = format!("systemctl status {name}; journalctl -u {name}");
    match units.state(name).await {
        Err(error) => Finding::warning(check, error.to_string(), "systemd cannot be asked", "systemctl status dbus"),
        Ok(state) if !state.installed => {
            Finding::error(check, format!("{name} is not there, or is masked"), "it does not run", todo)
        }
        Ok(state) if state.active != "active" => {
            let saw = format!("{name} is {} ({})", state.active, state.result);
            Finding::error(check, saw, "it does not run", todo)
        }
        Ok(state) => {
            let saw = format!("{name} runs; started again {} times", state.restarts);
            Finding::expect(state.restarts < 5, check, saw, "it ends by itself, for a reason its log says", &todo)
        }
    }
}

/// Whether the name that the first page left was written into the configuration; nothing while it was not left, or was.
async fn wish(units: &dyn Units) -> Option<Finding> {
    const UNIT: &str = "talentprompt-domain.service";
    let state = units.state(UNIT).await.ok().filter(|state| state.active == "failed")?;
    Some(Finding::error(
        "domain",
        format!("{UNIT} failed ({})", state.result),
        "the name that was given on the first page is not served by https",
        format!(
            "see why: journalctl -u {UNIT}; then: talentprompt config domain NAME, and: systemctl reset-failed {UNIT}"
        ),
    ))
}

async fn answers(service: &Service) -> Vec<Finding> {
    let check = service.name;
    match tokio::time::timeout(std::time::Duration::from_secs(3), service.probe.ask()).await {
        Ok(Ok(facts)) => {
            let version = facts.version.unwrap_or_else(|| "of unknown version".to_owned());
            vec![Finding::ok(check, format!("{version} answers")), supported(&version)]
        }
        asked => {
            let reason = asked.map_or("no answer in time".to_owned(), |answer| answer.err().unwrap_or_default());
            let todo = format!("talentprompt services restart {check}; journalctl -u {}", service.unit);
            vec![Finding::error(check, reason, "the appliance works without it as well as it can", todo)]
        }
    }
}

fn supported(version: &str) -> Finding {
    let (name, number) = version.rsplit_once(' ').unwrap_or((version, ""));
    let major = number.split('.').next().and_then(|number| number.parse::<u32>().ok());
    let old = OLDEST.iter().any(|(known, oldest)| *known == name && major.is_some_and(|major| major < *oldest));
    let means = "it is older than what was tried";
    Finding::expect(!old, "version", version, means, "upgrade to Debian 12 or 13: their packages are new enough")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::ops::doctor::Level;

    #[test]
    fn the_vector_engine_is_told_with_its_reason() {
        let mut vector = config::load(None).unwrap().config.vector;
        assert!(engine(&vector).saw.contains("no Qdrant here"));
        vector.engine = "embedded".to_owned();
        assert!(engine(&vector).saw.contains("as `[vector] engine` says"));
        for (url, kept) in [("http://127.0.0.1:6334", "on this machine"), ("https://q.example.com", "somebody else")] {
            url.clone_into(&mut vector.url);
            assert!(engine(&vector).saw.contains(kept));
        }
    }

    #[test]
    fn a_server_that_is_too_old_is_told() {
        assert_eq!(supported("PostgreSQL 15.14").level, Level::Ok);
        assert_eq!(supported("PostgreSQL 13.2").level, Level::Warning);
        assert_eq!(supported("of unknown version").level, Level::Ok);
    }
}
