//! Who came, when a proxy stands between: `[server] trusted_proxies`. Headers that name a visitor can be written by
//! anybody, so they are read only when the peer itself, whose address nobody can choose, is a proxy that is trusted.

use std::net::IpAddr;

use ipnet::IpNet;

/// The word for the networks that Cloudflare publishes, and these.
const CLOUDFLARE: &str = "cloudflare";
const CLOUDFLARE_NETWORKS: &str = include_str!("cloudflare.txt");

/// The proxies that are trusted.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    cloudflare: Vec<IpNet>,
    others: Vec<IpNet>,
}

/// What a request says of its way here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// `CF-Connecting-IP`.
    pub connecting_ip: Option<&'a str>,
    /// `X-Forwarded-For`: each proxy appends whom it was asked by. Several headers are one list.
    pub forwarded_for: &'a [&'a str],
    /// `X-Forwarded-Proto`.
    pub forwarded_proto: Option<&'a str>,
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    /// The address.
    pub address: IpAddr,
    /// Whether he came to the proxy by https; `None` where no proxy that is trusted says.
    pub https: Option<bool>,
}

impl Proxies {
    /// Reads networks, addresses, and the word for Cloudflare.
    ///
    /// # Errors
    /// What it takes, where one is none of these.
    ///
    /// # Panics
    /// Never: the list of networks is tested.
    pub fn parse(names: &[String]) -> Result<Self, String> {
        let mut proxies = Self::default();
        for name in names {
            let address = || name.parse::<IpAddr>().map(IpNet::from);
            if name == CLOUDFLARE {
                let lines = CLOUDFLARE_NETWORKS.lines().filter(|line| !line.starts_with('#'));
                proxies.cloudflare = lines.map(|line| line.parse().expect("the file is tested")).collect();
            } else if let Ok(network) = name.parse().or_else(|_| address()) {
                proxies.others.push(network);
            } else {
                return Err(format!("takes networks such as \"10.0.0.0/8\", and \"{CLOUDFLARE}\", not \"{name}\""));
            }
        }
        Ok(proxies)
    }

    /// Who asked, when `peer` is who connected.
    pub fn visitor(&self, peer: IpAddr, said: Said<'_>) -> Visitor {
        let peer = peer.to_canonical();
        let is_cloudflare = holds(&self.cloudflare, peer);
        if !is_cloudflare && !holds(&self.others, peer) {
            return Visitor { address: peer, https: None };
        }
        let told = said.connecting_ip.and_then(address).filter(|_| is_cloudflare);
        let address = told.unwrap_or_else(|| self.last_untrusted(peer, said.forwarded_for));
        // Where several proxies say it, the last word is of the one that is trusted.
        let proto = said.forwarded_proto.and_then(|value| value.rsplit(',').next());
        Visitor { address, https: proto.map(|proto| proto.trim().eq_ignore_ascii_case("https")) }
    }

    /// From the nearest hop back to the first that is not ours: what lies before it is hearsay.
    fn last_untrusted(&self, peer: IpAddr, forwarded_for: &[&str]) -> IpAddr {
        let mut nearest = peer;
        for hop in forwarded_for.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Some(hop) = address(hop) else { break };
            nearest = hop;
            if !holds(&self.cloudflare, hop) && !holds(&self.others, hop) {
                break;
            }
        }
        nearest
    }
}

fn holds(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// An address as proxies write it: with a port, in brackets, or plain.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    bare.or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(names: &[&str]) -> Proxies {
        Proxies::parse(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn visitor(proxies: &Proxies, peer: &str, forwarded_for: &[&str]) -> String {
        let said = Said { forwarded_for, ..Said::default() };
        proxies.visitor(peer.parse().unwrap(), said).address.to_string()
    }

    #[test]
    fn a_stranger_may_say_what_he_likes_and_is_not_believed() {
        let said = Said {
            connecting_ip: Some("9.9.9.9"),
            forwarded_for: &["8.8.8.8, 10.0.0.1"],
            forwarded_proto: Some("https"),
        };
        let peer = "203.0.113.7".parse().unwrap();
        for trusted in [proxies(&[]), proxies(&["cloudflare"]), proxies(&["10.0.0.0/8"])] {
            assert_eq!(trusted.visitor(peer, said), Visitor { address: peer, https: None });
        }
    }

    #[test]
    fn a_trusted_proxy_names_its_visitor_and_the_visitor_cannot_add_to_it() {
        let ours = proxies(&["10.0.0.0/8", "fd00::/8"]);
        assert_eq!(visitor(&ours, "10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(visitor(&ours, "10.0.0.1", &["9.9.9.9, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(visitor(&ours, "10.0.0.1", &["9.9.9.9, 203.0.113.7, 10.0.0.2"]), "203.0.113.7");
        assert_eq!(visitor(&ours, "10.0.0.1", &["9.9.9.9", "203.0.113.7"]), "203.0.113.7");
        assert_eq!(visitor(&ours, "fd00::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(visitor(&ours, "10.0.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(visitor(&ours, "10.0.0.1", &["10.1.1.1, 10.0.0.2"]), "10.1.1.1");
        assert_eq!(visitor(&ours, "10.0.0.1", &["9.9.9.9, unknown"]), "10.0.0.1");
        assert_eq!(visitor(&ours, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_socket_for_both_families_shows_an_old_address_in_new_clothes() {
        assert_eq!(visitor(&proxies(&[]), "::ffff:203.0.113.7", &[]), "203.0.113.7");
        assert_eq!(visitor(&proxies(&["10.0.0.0/8"]), "::ffff:10.0.0.1", &["::ffff:203.0.113.7"]), "203.0.113.7");
    }

    #[test]
    fn cloudflare_names_its_visitor_in_a_header_of_its_own() {
        let cloudflare = proxies(&["cloudflare", "10.0.0.1"]);
        let said = Said {
            connecting_ip: Some("203.0.113.7"),
            forwarded_for: &["9.9.9.9, 203.0.113.7"],
            forwarded_proto: Some("https"),
        };
        let expected = Visitor { address: "203.0.113.7".parse().unwrap(), https: Some(true) };
        for edge in ["104.16.0.1", "2606:4700::1"] {
            assert_eq!(cloudflare.visitor(edge.parse().unwrap(), said), expected);
        }
        // Another proxy passes that header on as anybody sent it.
        let forged = Said { connecting_ip: Some("9.9.9.9"), ..said };
        assert_eq!(cloudflare.visitor("10.0.0.1".parse().unwrap(), forged), expected);
        // Cloudflare in front of a proxy of one's own.
        assert_eq!(visitor(&cloudflare, "10.0.0.1", &["203.0.113.7, 104.16.0.1"]), "203.0.113.7");
    }

    #[test]
    fn a_visitor_who_came_by_http_is_not_said_to_have_come_by_https() {
        let ours = proxies(&["10.0.0.1"]);
        let https = |value| {
            let said = Said { forwarded_proto: value, ..Said::default() };
            ours.visitor("10.0.0.1".parse().unwrap(), said).https
        };
        assert_eq!(https(Some("http")), Some(false));
        assert_eq!(https(Some("https, http")), Some(false));
        assert_eq!(https(Some("HTTPS")), Some(true));
        assert_eq!(https(None), None);
    }

    #[test]
    fn the_firewall_of_the_playbook_lets_the_same_networks_in() {
        let role = include_str!("../../ansible/roles/firewall/defaults/main/cloudflare.yml");
        let allowed: Vec<IpNet> = role.lines().filter_map(|line| line.strip_prefix("  - ")?.parse().ok()).collect();
        assert_eq!(allowed, proxies(&["cloudflare"]).cloudflare);
    }
}
