//! Connections that can be cut from inside a request: before an answer, or in the middle of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const OPEN: u8 = 0;
const DEAD: u8 = 1;
const HALF: u8 = 2;

/// The handle by which a request cuts its own connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<AtomicU8>);

impl Cut {
    /// Nothing more goes out.
    pub(crate) fn now(&self) {
        self.0.store(DEAD, Ordering::SeqCst);
    }

    /// The head and half of the body go out, then nothing.
    pub(crate) fn in_the_middle(&self) {
        self.0.store(HALF, Ordering::SeqCst);
    }
}

pub(crate) struct CuttableListener(pub(crate) TcpListener);

pub(crate) struct CuttableStream {
    inner: TcpStream,
    cut: Cut,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = Cut;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The standard listener retries after errors such as too many open files.
        let (inner, _) = Listener::accept(&mut self.0).await;
        let cut = Cut::default();
        (
            CuttableStream {
                inner,
                cut: cut.clone(),
            },
            cut,
        )
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(Cut::default())
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.remote_addr().clone()
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.cut.0.load(Ordering::SeqCst) {
            OPEN => Pin::new(&mut self.inner).poll_write(context, bytes),
            HALF => {
                let head = bytes
                    .windows(4)
                    .position(|four| four == b"\r\n\r\n")
                    .map_or(0, |at| at + 4);
                let body = bytes.len() - head;
                // A head that is written by itself passes; the cut falls into the body.
                let passed = if body == 0 {
                    head
                } else {
                    head + (body / 2).max(1)
                };
                let written = Pin::new(&mut self.inner).poll_write(context, &bytes[..passed]);
                if body > 0 && matches!(written, Poll::Ready(Ok(_))) {
                    self.cut.now();
                }
                written
            }
            _ => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
