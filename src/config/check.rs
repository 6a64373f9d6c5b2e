//! Values that have the right type and still cannot work, found before anything is started with them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::proxies::Proxies;
use super::{Config, ai, mail, tls};
use crate::telemetry;

/// The first key whose value cannot work, and what it takes instead.
pub(super) fn first_mistake(config: &Config) -> Option<(&'static str, String)> {
    let url = |url: &str, schemes: &[&str]| url.is_empty() || schemes.iter().any(|scheme| url.starts_with(scheme));
    let is_country = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let country = &config.intake.default_country;
    let (vector, backup, metrics) = (&config.vector, &config.backup.dir, &config.metrics.listen);
    let rules: [(&'static str, bool, &str); 18] = [
        ("server.listen", has_port(&config.server.listen), "takes an address and a port, such as \"127.0.0.1:8080\""),
        ("server.public_url", url(&config.server.public_url, &["http://", "https://"]), "takes an http or https URL"),
        ("data.dir", config.data.dir.is_absolute(), "takes a path that begins with /"),
        ("database.max_connections", config.database.max_connections >= 4, "takes 4 or more"),
        (
            "redis.url",
            url(&config.redis.url, &["redis"]),
            "takes a URL that begins with redis:, rediss: or redis+unix:",
        ),
        ("vector.engine", matches!(vector.engine.as_str(), "auto" | "embedded"), "takes \"auto\" or \"embedded\""),
        ("vector.url", url(&vector.url, &["http://", "https://"]), "takes an http or https URL"),
        (
            "vector.url",
            vector.url.is_empty() || vector.engine == "auto",
            "names a server, but `vector.engine` is \"embedded\"; take out one of them",
        ),
        ("intake.max_file_mb", config.intake.max_file_mb > 0, "takes 1 or more"),
        ("intake.max_files", config.intake.max_files > 0, "takes 1 or more"),
        (
            "intake.default_country",
            country.is_empty() || is_country(country),
            "takes two capital letters, such as \"DE\"",
        ),
        ("security.session_days", config.security.session_days > 0, "takes 1 or more"),
        ("backup.dir", backup.as_os_str().is_empty() || backup.is_absolute(), "takes a path that begins with /"),
        (
            "backup.dir",
            !is_own(config, backup),
            "takes a folder that is none of the appliance's own: what no backup lists is removed there",
        ),
        ("backup.keep_days", (1..=36_500).contains(&config.backup.keep_days), "takes 1 or more"),
        (
            "metrics.listen",
            metrics.is_empty() || (has_port(metrics) && *metrics != config.server.listen),
            "takes an address and a port of its own, such as \"127.0.0.1:9464\", or nothing",
        ),
        ("log.format", matches!(config.log.format.as_str(), "text" | "json"), "takes \"text\" or \"json\""),
        ("log.level", telemetry::is_filter(&config.log.level), "takes error, warn, info, debug, trace or a filter"),
    ];
    let broken = rules.iter().find(|(_, works, _)| !works).map(|(key, _, takes)| (*key, (*takes).to_owned()));
    let proxies = || Some(("server.trusted_proxies", Proxies::parse(&config.server.trusted_proxies).err()?));
    let tls = || tls::first_mistake(config);
    broken.or_else(proxies).or_else(tls).or_else(|| ai::first_mistake(config)).or_else(|| mail::first_mistake(config))
}

/// Whether backups would lie among what the appliance itself keeps, as far as the names say it.
fn is_own(config: &Config, backup: &Path) -> bool {
    let data = &config.data.dir;
    let within = config.own_dirs().iter().any(|own| backup.starts_with(own));
    !backup.as_os_str().is_empty() && (backup == data || within || data.starts_with(backup.join("files")))
}

/// Whether it is an address with a port.
pub(super) fn has_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| port.parse::<u16>().is_ok() && is_host(host))
}

/// Whether it is an IPv4 address, an IPv6 address in brackets, which may name an interface, or a name.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            host.parse::<Ipv4Addr>().is_ok()
                || (host.chars().all(is_name) && host.contains(|c: char| c.is_ascii_alphabetic()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in ["127.0.0.1:80", "[::]:80", "[fe80::1%eth0]:80", "localhost:8080", "db-1.example.com:443"] {
            assert!(has_port(good), "{good}");
        }
        for bad in ["8080", ":8080", "::80", "[::]:99999", "[::]:", "1.2.3.400:80", "[8080]:80", "127.0.0.1", "a b:80"]
        {
            assert!(!has_port(bad), "{bad}");
        }
    }

    #[test]
    fn backups_do_not_lie_among_what_the_appliance_keeps() {
        let mut config = load(None).unwrap().config;
        config.data.dir = "/var/lib/talentprompt".into();
        let mut is_refused = |dir: &str| {
            config.backup.dir = dir.into();
            first_mistake(&config).is_some_and(|(key, _)| key == "backup.dir")
        };
        for dir in ["", "/var/lib/talentprompt/backups", "/mnt/talentprompt", "/var/lib"] {
            assert!(!is_refused(dir), "{dir}");
        }
        for dir in ["/var/lib/talentprompt/", "/var/lib/talentprompt/files/x", "/var/lib/talentprompt/./tls", "x"] {
            assert!(is_refused(dir), "{dir}");
        }
    }
}
