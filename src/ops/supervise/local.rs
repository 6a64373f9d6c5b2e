//! Which services run on this machine in the appliance's own units: those whose URL points there. Where it points
//! elsewhere, somebody else keeps the service.

use super::probe::{PostgresProbe, Probe, QdrantProbe, RedisProbe};
use crate::config::Config;

/// Where the packaged units put their sockets.
const SOCKETS: &str = "/run/talentprompt";

/// A service with its unit and the question that proves that it works.
pub struct Service {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The question.
    pub probe: Box<dyn Probe>,
}

/// The services of `config` that the appliance keeps itself.
pub fn services(config: &Config) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    let mut add = |name, unit, probe| services.push(Service { name, unit, probe });
    if config.database.url.contains(&format!("host={SOCKETS}")) {
        add("postgres", "talentprompt-postgres.service", Box::new(PostgresProbe(config.database.url.clone())) as _);
    }
    if config.redis.url.contains(&format!("://{SOCKETS}")) {
        add("redis", "talentprompt-redis.service", Box::new(RedisProbe(config.redis.url.clone())) as _);
    }
    if is_loopback(&config.vector.url) {
        let probe = QdrantProbe(config.vector.url.clone(), config.vector.api_key.clone());
        add("qdrant", "talentprompt-qdrant.service", Box::new(probe) as _);
    }
    services
}

/// Whether a URL leads to this machine.
pub(in crate::ops) fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| authority.starts_with(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn names(change: impl FnOnce(&mut Config)) -> Vec<&'static str> {
        let mut config = config::load(None).unwrap().config;
        change(&mut config);
        services(&config).iter().map(|service| service.name).collect()
    }

    #[test]
    fn a_service_elsewhere_is_somebody_elses_to_keep() {
        let here = |config: &mut Config| {
            config.database.url = "postgresql:///talentprompt?host=/run/talentprompt-postgres".to_owned();
            config.redis.url = "redis+unix:///run/talentprompt-redis/redis.sock".to_owned();
            config.vector.url = "http://127.0.0.1:6334".to_owned();
        };
        assert_eq!(names(here), ["postgres", "redis", "qdrant"]);
        let elsewhere = |config: &mut Config| {
            config.database.url = "postgresql://app@db.example.com/talentprompt".to_owned();
            config.redis.url = "redis://cache.example.com".to_owned();
            config.vector.url = "https://127.example.com:6334".to_owned();
        };
        assert_eq!(names(elsewhere), Vec::<&str>::new());
    }
}
