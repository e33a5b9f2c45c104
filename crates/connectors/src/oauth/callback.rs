//! The return of the browser, received on this machine.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::secret::Secret;
use crate::http::is_this_machine;

/// What the vendor sent along with the returning browser. Nothing in it is trusted yet.
#[derive(Clone)]
pub struct Callback {
    /// The state; empty when there was none.
    pub state: String,
    /// The code.
    pub code: Option<Secret>,
    /// QuickBooks' company, which anyone can edit in the address bar.
    pub realm_id: Option<String>,
    /// Why access was refused.
    pub error: Option<String>,
}

impl Callback {
    /// Reads the query of a return address.
    #[must_use]
    pub fn from_query(url: &Url) -> Self {
        let find = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        Self {
            state: find("state").unwrap_or_default(),
            code: find("code").map(Secret::new),
            realm_id: find("realmId"),
            error: find("error_description").or_else(|| find("error")),
        }
    }
}

/// Why no return could be received.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// The redirect address is not on this machine, so the browser cannot come back here.
    #[error("the redirect address `{0}` is not an http address on this machine")]
    NotLocal(String),
    /// The port is taken, or may not be used.
    #[error("failed to listen on port {port} for the browser's return: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// The reason.
        source: std::io::Error,
    },
    /// Nobody came.
    #[error("nobody came back from the vendor's consent page in time; begin again")]
    TooLate,
    /// The consent page could not be walked through without a browser.
    #[error("failed to consent without a browser: {0}")]
    Consent(String),
}

/// Waits on this machine for one return of the browser.
#[derive(Debug)]
pub struct CallbackListener {
    listener: TcpListener,
    redirect_uri: Url,
}

/// Longest request head that is read; a return address is far shorter.
const HEAD_BYTES: usize = 16 * 1024;

impl CallbackListener {
    /// Listens on 127.0.0.1 at the port of the redirect address; port 0 takes a free one.
    ///
    /// # Errors
    /// [`CallbackError::NotLocal`] or [`CallbackError::Listen`].
    pub async fn bind(redirect_uri: &str) -> Result<Self, CallbackError> {
        let not_local = || CallbackError::NotLocal(redirect_uri.to_owned());
        let mut url = Url::parse(redirect_uri).map_err(|_| not_local())?;
        if url.scheme() != "http" || !is_this_machine(&url) {
            return Err(not_local());
        }
        let port = url.port().unwrap_or(80);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|source| CallbackError::Listen { port, source })?;
        let bound = listener
            .local_addr()
            .map_err(|source| CallbackError::Listen { port, source })?
            .port();
        url.set_port(Some(bound)).map_err(|()| not_local())?;
        Ok(Self {
            listener,
            redirect_uri: url,
        })
    }

    /// The redirect address to use, with the port that was bound.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// Waits for the return. Requests for other paths are answered and ignored.
    ///
    /// # Errors
    /// [`CallbackError::TooLate`].
    pub async fn wait(self, most: Duration) -> Result<Callback, CallbackError> {
        tokio::time::timeout(most, self.first_return())
            .await
            .map_err(|_| CallbackError::TooLate)
    }

    async fn first_return(self) -> Callback {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else {
                continue;
            };
            // A browser may open connections that it never uses.
            let head = tokio::time::timeout(Duration::from_secs(10), read_head(&mut stream)).await;
            let target = head.ok().flatten();
            let url = target.and_then(|target| self.redirect_uri.join(&target).ok());
            match url.filter(|url| url.path() == self.redirect_uri.path()) {
                Some(url) => {
                    answer(&mut stream, "200 OK", "You can close this window.").await;
                    return Callback::from_query(&url);
                }
                None => answer(&mut stream, "404 Not Found", "Nothing here.").await,
            }
        }
    }
}

/// The path and query of a `GET`.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut buffer = [0_u8; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.ok()?;
        if read == 0 || head.len() + read > HEAD_BYTES {
            return None;
        }
        head.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8(head).ok()?;
    let mut words = text.lines().next()?.split(' ');
    let target = (words.next()? == "GET").then(|| words.next()).flatten()?;
    target.starts_with('/').then(|| target.to_owned())
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // The browser may be gone already; the return has been read all the same.
    if stream.write_all(page.as_bytes()).await.is_ok() {
        let _closed = stream.shutdown().await;
    }
}

/// Walks through the consent page of a sandbox on this machine, without a browser: it opens the
/// address and follows the redirects until the listener has been reached.
///
/// # Errors
/// [`CallbackError::Consent`] when an address is not on this machine or the page asks a person.
pub async fn consent_on_this_machine(address: &Url) -> Result<(), CallbackError> {
    let refuse = |text: &str| CallbackError::Consent(text.to_owned());
    let limits = crate::http::Limits::default();
    let http = crate::http::build(&limits, address)
        .map_err(|cause| CallbackError::Consent(format!("{cause:?}")))?;
    let mut next = address.clone();
    for _ in 0..5 {
        if !is_this_machine(&next) {
            return Err(refuse("the consent page is not on this machine"));
        }
        let reply = crate::http::send(http.get(next.clone()), &limits)
            .await
            .map_err(|cause| CallbackError::Consent(format!("{cause:?}")))?;
        match reply.status {
            200 if next != *address => return Ok(()),
            301..=308 => {
                let target = reply
                    .header("location")
                    .ok_or_else(|| refuse("no redirect"))?;
                next = next
                    .join(target)
                    .map_err(|_| refuse("a redirect to nowhere"))?;
            }
            200 => return Err(refuse("the consent page waits for a person")),
            status => return Err(CallbackError::Consent(format!("status {status}"))),
        }
    }
    Err(refuse("too many redirects"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn request(port: u16, text: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_the_registered_path_is_taken_as_the_return() {
        let listener = CallbackListener::bind("http://127.0.0.1:0/callback/quickbooks")
            .await
            .unwrap();
        let port = Url::parse(listener.redirect_uri()).unwrap().port().unwrap();
        let waiting = tokio::spawn(listener.wait(Duration::from_secs(30)));
        let strange = request(port, "GET /callback/procore?code=x HTTP/1.1\r\n\r\n").await;
        assert!(strange.starts_with("HTTP/1.1 404"));
        let posted = request(port, "POST /callback/quickbooks?code=x HTTP/1.1\r\n\r\n").await;
        assert!(posted.starts_with("HTTP/1.1 404"));
        let good = "GET /callback/quickbooks?code=c%2F1&state=s&realmId=934 HTTP/1.1\r\n\r\n";
        assert!(request(port, good).await.starts_with("HTTP/1.1 200"));
        let callback = waiting.await.unwrap().unwrap();
        assert_eq!(
            (callback.state.as_str(), callback.realm_id.as_deref()),
            ("s", Some("934"))
        );
        assert_eq!(callback.code.unwrap().expose(), "c/1");
    }

    #[tokio::test]
    async fn a_redirect_address_elsewhere_is_refused() {
        for bad in [
            "http://192.168.0.4:80/x",
            "https://localhost/x",
            "urn:ietf:wg:oauth:2.0:oob",
        ] {
            assert!(CallbackListener::bind(bad).await.is_err(), "{bad}");
        }
    }
}
