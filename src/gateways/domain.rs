//! The name that people open: whether it leads to this process, and the wish to serve https under it. Who may grant that
//! is root: a unit of the package waits for the wish, writes the name into the configuration and starts all anew.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::base::random;

/// Where a process says which it is.
pub const PATH: &str = "/api/v1/setup/here";

/// How long a name may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes that are read of an answer.
const ANSWER: usize = 4 << 10;

/// Which process this is, for [`leads_here`].
pub fn process() -> &'static str {
    static PROCESS: LazyLock<String> = LazyLock::new(random::token);
    &PROCESS
}

/// Whether `port` of `domain` is answered by this very process, as an authority will want to see.
///
/// # Errors
/// What is there instead, in words.
pub async fn leads_here(domain: &str, port: u16) -> Result<(), String> {
    let asked = timeout(PATIENCE, ask(domain, port)).await;
    let answer = asked.map_err(|_| format!("nobody answers at its port {port}"))??;
    if answer == process() { Ok(()) } else { Err(something_else(port)) }
}

fn something_else(port: u16) -> String {
    format!("something else answers at its port {port}")
}

async fn ask(domain: &str, port: u16) -> Result<Bytes, String> {
    let mut addresses =
        tokio::net::lookup_host((domain, port)).await.map_err(|_| "there is no such name".to_owned())?;
    let address = addresses.next().ok_or("there is no such name")?;
    let unreached = |error| format!("its port {port} cannot be reached: {error}");
    let stream = TcpStream::connect(address).await.map_err(unreached)?;
    let odd = |_| something_else(port);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(odd)?;
    tokio::spawn(connection);
    let request = Request::get(PATH).header(HOST, domain).body(String::new()).map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(odd)?;
    let body = Limited::new(answer.into_body(), ANSWER).collect().await;
    Ok(body.map_err(|_| something_else(port))?.to_bytes())
}

/// The wish to serve https under a name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wish {
    /// The name.
    pub domain: String,
    /// Where its authority may write to, an e-mail address.
    pub contact: Option<String>,
}

/// The name of the file with the wish, in the folder that the package looks into.
const FILE: &str = "domain.json";

impl Wish {
    /// Leaves it in `folder`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn leave(&self, folder: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(folder.join(FILE))?;
        Ok(())
    }

    /// Takes back what was left in `folder` and not granted yet.
    pub fn withdraw(folder: &Path) {
        drop(std::fs::remove_file(folder.join(FILE)));
    }

    /// Takes what was left in the file at `path`, which is gone then.
    ///
    /// # Errors
    /// If it is not there, no plain file, or no wish.
    pub fn take(path: &Path) -> io::Result<Self> {
        // Whoever writes it is not to be believed: a link would lead elsewhere.
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        std::fs::remove_file(path)?;
        Ok(serde_json::from_reader(io::Read::take(file, ANSWER as u64))?)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers `body` to whoever comes; its port.
    async fn server(body: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(stream.read(&mut [0; 1024]).await);
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        port
    }

    #[tokio::test]
    async fn a_name_leads_here_when_this_process_answers() {
        leads_here("localhost", server(process().to_owned()).await).await.unwrap();
        for body in ["another".to_owned(), "x".repeat(2 * ANSWER)] {
            let error = leads_here("localhost", server(body).await).await.unwrap_err();
            assert!(error.contains("something else"), "{error}");
        }
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        assert!(leads_here("localhost", closed).await.unwrap_err().contains("cannot be reached"));
        assert!(leads_here("nowhere.invalid", 80).await.unwrap_err().contains("no such name"));
    }

    #[test]
    fn a_wish_is_taken_once_and_a_link_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let wish = Wish { domain: "talent.example.com".to_owned(), contact: None };
        wish.leave(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(Wish::take(&path).unwrap().domain, "talent.example.com");
        Wish::take(&path).unwrap_err();
        wish.leave(folder.path()).unwrap();
        Wish::withdraw(folder.path());
        assert!(!path.exists());
        std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
        Wish::take(&path).unwrap_err();
        assert!(Path::new("/etc/hostname").exists());
    }
}
