//! Clients that say nothing, or half of something, keep no connection; slow forms are waited for,
//! though not for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use plumbline::web::{self, Within, tls::Certificate};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::serving::certificate;
use crate::web::Served;

/// So long these servers wait for a head.
const SHORT: Duration = Duration::from_millis(300);
/// A test that waits longer has failed: the connection is kept.
const FAR_TOO_LONG: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Only heads are waited for shortly.
const SHORT_HEAD: Within = Within {
    head: SHORT,
    form: FAR_TOO_LONG,
    upload: FAR_TOO_LONG,
};

/// Serves an app over plain TCP or TLS; returns where.
async fn listening(served: &Served, tls: Option<Arc<Certificate>>, within: Within) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (house, stop) = (Arc::clone(&served.house), CancellationToken::new());
    tokio::spawn(web::serve(house, listener, tls, within, stop));
    address
}

/// Whatever still comes until the server closes the connection.
async fn rest(mut stream: impl Stream) -> String {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    // A TLS stream that is cut off is closed too.
    let ended = tokio::time::timeout(FAR_TOO_LONG, reading).await;
    drop(ended.expect("the connection is kept"));
    String::from_utf8(answer).unwrap()
}

async fn closes_what_says_nothing(connect: impl AsyncFn() -> Box<dyn Stream>) {
    assert_eq!(rest(connect().await).await, "", "it never spoke");

    let mut half = connect().await;
    half.write_all(b"GET /health HTTP/1.1\r\nHost: a\r\nX-More:")
        .await
        .unwrap();
    half.flush().await.unwrap();
    assert!(!rest(half).await.contains("200 OK"), "half a head");

    let mut idle = connect().await;
    for _ in 0..2 {
        let head = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
        idle.write_all(head).await.unwrap();
        idle.flush().await.unwrap();
        let mut start = [0; 15];
        idle.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK", "it is kept for the next one");
        read_until(&mut idle, b"ok\n").await;
    }
    assert_eq!(rest(idle).await, "", "nothing more was asked");
}

async fn read_until(stream: &mut Box<dyn Stream>, end: &[u8]) {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        seen.push(stream.read_u8().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_connection_without_a_whole_head_is_closed() {
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    let address = listening(&served, None, SHORT_HEAD).await;
    closes_what_says_nothing(async || {
        let stream = TcpStream::connect(address).await.unwrap();
        Box::new(stream) as Box<dyn Stream>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tls_connection_without_a_whole_head_is_closed() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let (chain, key, pem) = certificate(folder.path());
    let ours = Arc::new(Certificate::read(&chain, &key).unwrap());
    let address = listening(&served, Some(ours), SHORT_HEAD).await;
    let mut roots = rustls::RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    roots.add(root).unwrap();
    let client = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = TlsConnector::from(Arc::new(client));
    closes_what_says_nothing(async || {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Box::new(client.connect(name, stream).await.unwrap()) as Box<dyn Stream>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_take_longer_than_a_head() {
    const FORM: &[u8] = b"mail=a%40b.example&password=a+password+that+is+wrong&to=";
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    let address = listening(&served, None, SHORT_HEAD).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:8420\r\nSec-Fetch-Site: same-origin\r\n\
         Connection: close\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        FORM.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut continues = [0; 25];
    stream.read_exact(&mut continues).await.unwrap();
    assert_eq!(&continues, b"HTTP/1.1 100 Continue\r\n\r\n");
    // Another connection of the same age is closed meanwhile, so the time is over.
    rest(TcpStream::connect(address).await.unwrap()).await;
    stream.write_all(FORM).await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(answer.contains("</html>"), "cut off: {answer}");
}

/// Sends a body byte by byte, and more of it than was announced would ever take, until there is an
/// answer; returns it.
async fn trickled(address: SocketAddr, path: &str, kind: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:8420\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: {kind}\r\nContent-Length: 60000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    // Far below the limit between two bytes, so that a limit between bytes would never end this.
    let pause = SHORT / 30;
    let trickling = async {
        loop {
            let answered = stream.read_exact(&mut start);
            if let Ok(read) = tokio::time::timeout(pause, answered).await {
                read.unwrap();
                break;
            }
            stream.write_all(b"a").await.unwrap();
        }
    };
    let ended = tokio::time::timeout(FAR_TOO_LONG, trickling).await;
    ended.expect("the body is waited for without end");
    format!("{}{}", String::from_utf8_lossy(&start), rest(stream).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_refused_and_its_connection_closed() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const PARTS: &str = "multipart/form-data; boundary=frontier";
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    let short = |form, upload| Within {
        head: FAR_TOO_LONG,
        form,
        upload,
    };
    for (path, kind, within) in [
        ("/sign-in", FORM, short(SHORT, FAR_TOO_LONG)),
        ("/hooks/quickbooks", FORM, short(SHORT, FAR_TOO_LONG)),
        ("/hooks/quickbooks", PARTS, short(FAR_TOO_LONG, SHORT)),
    ] {
        let address = listening(&served, None, within).await;
        let answer = trickled(address, path, kind).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        assert!(answer.contains("Nothing was changed."), "{path}: {answer}");
        assert!(
            answer.contains("x-content-type-options"),
            "{path}: {answer}"
        );
    }
}
