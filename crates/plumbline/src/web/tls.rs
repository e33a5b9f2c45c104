//! TLS when no proxy stands in front: 1.2 and 1.3, with a certificate that can be replaced while
//! requests run.
//!
//! Handshakes are made beside the accepting, so that a client that says nothing keeps nobody
//! waiting.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A certificate with its key, as files that can be read again.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    now: RwLock<Arc<ServerConfig>>,
}

impl Certificate {
    /// Reads both files, in PEM form.
    ///
    /// # Errors
    /// When one cannot be read, others than its owner may read the key, or they do not belong
    /// together.
    pub fn read(chain: &Path, key: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            now: RwLock::new(Arc::new(configuration(chain, key)?)),
            chain: chain.to_owned(),
            key: key.to_owned(),
        })
    }

    /// Reads both files again; new connections get the new certificate.
    ///
    /// # Errors
    /// As [`Certificate::read`]; the one before stays in use then.
    pub fn renew(&self) -> anyhow::Result<()> {
        let next = Arc::new(configuration(&self.chain, &self.key)?);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    fn acceptor(&self) -> TlsAcceptor {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&now))
    }
}

fn configuration(chain: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    only_the_owner_may_read(key)?;
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("failed to read the certificate {}", chain.display()))?;
    ensure!(
        !certificates.is_empty(),
        "there is no certificate in {}",
        chain.display()
    );
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("failed to read the key {}", key.display()))?;
    // The provider offers nothing older than TLS 1.2.
    let mut configuration = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .context("the certificate and the key do not belong together")?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}

#[cfg(unix)]
fn only_the_owner_may_read(key: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(key)
        .with_context(|| format!("failed to read the key {}", key.display()))?
        .permissions()
        .mode();
    ensure!(
        mode & 0o007 == 0,
        "{key} may be read by everybody; run `chmod 600 {key}` and take a new key",
        key = key.display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn only_the_owner_may_read(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// How long a client may take to shake hands.
const PATIENCE: Duration = Duration::from_secs(10);
/// Handshakes at a time.
const MOST: usize = 256;

/// Accepts connections whose handshake succeeded.
pub struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: tokio::task::JoinHandle<()>,
}

impl TlsListener {
    /// Takes a listener over.
    ///
    /// # Errors
    /// When it has no address.
    pub fn of(listener: TcpListener, certificate: Arc<Certificate>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(1);
        let accepting = tokio::spawn(accept(listener, certificate, sender));
        Ok(Self {
            address,
            ready,
            accepting,
        })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    mut listener: TcpListener,
    certificate: Arc<Certificate>,
    ready: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        // It waits and goes on when the machine has no more connections to give.
        let (stream, address) = Listener::accept(&mut listener).await;
        let (acceptor, ready) = (certificate.acceptor(), ready.clone());
        tokio::spawn(async move {
            let shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
            drop(place);
            // Whoever does not speak TLS, or an old one, is nobody to tell.
            if let Ok(Ok(stream)) = shaken {
                drop(ready.send((stream, address)).await);
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The accepting ends with this value and not before.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
