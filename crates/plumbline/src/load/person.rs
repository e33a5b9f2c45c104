//! Somebody with a browser, as far as a server notices: one connection, one page after the other.

use anyhow::{Context, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A signed-in person with an open connection.
pub(super) struct Person {
    stream: BufReader<TcpStream>,
    host: String,
    cookie: String,
}

impl Person {
    /// Connects to `http://host:port` with a session's cookie.
    pub(super) async fn at(origin: &str, cookie: &str) -> anyhow::Result<Self> {
        let host = origin.strip_prefix("http://").context("plain http only")?;
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: host.to_owned(),
            cookie: cookie.to_owned(),
        })
    }

    /// Asks for a page and reads it to its end; anything but a page is an error.
    pub(super) async fn page(&mut self, path: &str) -> anyhow::Result<String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
            self.host, self.cookie
        );
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        ensure!(
            line.starts_with("HTTP/1.1 200 "),
            "{path} was answered with {line}"
        );
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        let mut body = vec![0; length.context("an answer of unknown length")?];
        self.stream.read_exact(&mut body).await?;
        Ok(String::from_utf8(body)?)
    }
}
