//! Connections that can be cut off, before the answer or in the middle of it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const UNLIMITED: i64 = i64::MAX;

/// How many more bytes one connection may write.
#[derive(Debug, Clone)]
pub(super) struct Cutter(Arc<AtomicI64>);

impl Cutter {
    /// The connection breaks after this many further bytes.
    pub(super) fn cut_after(&self, bytes: i64) {
        self.0.store(bytes, Ordering::SeqCst);
    }
}

/// A listener whose connections carry a [`Cutter`].
#[derive(Debug)]
pub(super) struct CuttingListener {
    inner: TcpListener,
}

impl CuttingListener {
    pub(super) async fn bind(port: u16) -> io::Result<(CuttingListener, SocketAddr)> {
        let inner = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = inner.local_addr()?;
        Ok((CuttingListener { inner }, address))
    }
}

impl Listener for CuttingListener {
    type Io = CuttingStream;
    type Addr = Cutter;

    async fn accept(&mut self) -> (CuttingStream, Cutter) {
        let (stream, _) = Listener::accept(&mut self.inner).await;
        let cutter = Cutter(Arc::new(AtomicI64::new(UNLIMITED)));
        (
            CuttingStream {
                inner: stream,
                cutter: cutter.clone(),
            },
            cutter,
        )
    }

    fn local_addr(&self) -> io::Result<Cutter> {
        Ok(Cutter(Arc::new(AtomicI64::new(UNLIMITED))))
    }
}

impl Connected<IncomingStream<'_, CuttingListener>> for Cutter {
    fn connect_info(stream: IncomingStream<'_, CuttingListener>) -> Cutter {
        stream.remote_addr().clone()
    }
}

/// A TCP stream that stops writing when its cutter says so.
#[derive(Debug)]
pub(super) struct CuttingStream {
    inner: TcpStream,
    cutter: Cutter,
}

impl AsyncRead for CuttingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.cutter.0.load(Ordering::SeqCst);
        if left <= 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let written = Pin::new(&mut self.inner).poll_write(context, &bytes[..take]);
        if left != UNLIMITED
            && let Poll::Ready(Ok(count)) = &written
        {
            let count = i64::try_from(*count).unwrap_or(0);
            self.cutter.0.fetch_sub(count, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
