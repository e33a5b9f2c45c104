//! Somebody with a browser, as far as a server notices: one connection, one page after the other.

use anyhow::{Context, ensure};
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, HOST};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// No page of ours is longer.
const LONGEST: usize = 1 << 20;

/// A signed-in person with an open connection.
pub(super) struct Person {
    connection: SendRequest<Body>,
    host: String,
    cookie: String,
}

impl Person {
    /// Connects to `http://host:port` with a session's cookie.
    pub(super) async fn at(origin: &str, cookie: &str) -> anyhow::Result<Self> {
        let host = origin.strip_prefix("http://").context("plain http only")?;
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let (connection, driven) = handshake(TokioIo::new(stream)).await?;
        // It ends with the person; how is told by the answer that is missing.
        tokio::spawn(async move { drop(driven.await) });
        Ok(Self {
            connection,
            host: host.to_owned(),
            cookie: cookie.to_owned(),
        })
    }

    /// Asks for a page and reads it to its end; anything but a page is an error.
    pub(super) async fn page(&mut self, path: &str) -> anyhow::Result<usize> {
        let request = Request::get(path)
            .header(HOST, &self.host)
            .header(COOKIE, &self.cookie)
            .body(Body::empty())?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        ensure!(
            status == StatusCode::OK,
            "{path} was answered with {status}"
        );
        Ok(to_bytes(Body::new(answer.into_body()), LONGEST)
            .await?
            .len())
    }
}
