//! Can the appliance be reached, and can it reach what it needs?

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::Finding;
use crate::config::{Config, environment};

/// How long anything on the network may take.
const LIMIT: Duration = Duration::from_secs(3);

pub(super) async fn checks(config: &Config) -> Vec<Finding> {
    let (own, names, served) = tokio::join!(host_name(), dns(), served(&config.server.listen));
    let secure = if config.tls.is_on() { Some(held(&config.tls.listen).await) } else { None };
    [own, names, served].into_iter().chain(secure).collect()
}

async fn host_name() -> Finding {
    let name = environment::host_name();
    let well = matches!(timeout(LIMIT, lookup_host((name.as_str(), 80))).await, Ok(Ok(_)));
    let todo = format!("add a line to /etc/hosts: 127.0.1.1 {name}");
    let means = "programs that ask for the machine's own address wait or fail";
    Finding::expect(well, "host name", name, means, &todo)
}

/// Whether names can be resolved at all. Nothing is sent there.
async fn dns() -> Finding {
    const NAME: &str = "name service";
    const ASKED: &str = "deb.debian.org";
    match timeout(LIMIT, lookup_host((ASKED, 443))).await {
        Ok(Ok(_)) => Finding::ok(NAME, format!("{ASKED} is found")),
        _ => Finding::warning(
            NAME,
            format!("{ASKED} is not found"),
            "updates, mail and AI providers cannot be reached; search works without",
            "see which name servers are asked: cat /etc/resolv.conf",
        ),
    }
}

/// Whether the appliance answers on its port, or somebody else does.
async fn served(listen: &str) -> Finding {
    const NAME: &str = "port";
    match timeout(LIMIT, ask(&local(listen))).await {
        Ok(Ok(true)) => Finding::ok(NAME, format!("the appliance answers on {listen}")),
        Ok(Ok(false)) => Finding::error(
            NAME,
            format!("something else answers on {listen}"),
            "people reach another program, and the appliance cannot take its port",
            format!("see which: ss -ltnp | grep {}", listen.rsplit(':').next().unwrap_or_default()),
        ),
        _ => Finding::error(
            NAME,
            format!("nobody answers on {listen}"),
            "people cannot reach the appliance",
            "systemctl status talentprompt.socket talentprompt.service",
        ),
    }
}

/// Whether the port of https is held; what it shows is looked at by its files.
async fn held(listen: &str) -> Finding {
    const NAME: &str = "https port";
    match timeout(LIMIT, TcpStream::connect(local(listen))).await {
        Ok(Ok(_)) => Finding::ok(NAME, format!("somebody answers on {listen}")),
        _ => Finding::error(
            NAME,
            format!("nobody answers on {listen}"),
            "people cannot reach the appliance by https",
            "systemctl daemon-reload && systemctl restart talentprompt.socket",
        ),
    }
}

/// Where an address for everybody is reached from here.
fn local(listen: &str) -> String {
    listen.replace("[::]", "[::1]").replace("0.0.0.0", "127.0.0.1")
}

async fn ask(address: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    // Also while it waits for its database, the appliance answers with its own documents.
    Ok(answer.ends_with("ok\n") || answer.contains("application/problem+json"))
}
