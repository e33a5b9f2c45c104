//! The server from outside, as its supervisor, its proxy and its certificate see it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::Certificate;

use crate::app::program;

/// A server of its own process on free ports.
struct Server {
    child: Child,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(program())
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (mut address, mut metrics) = (None, None);
        let after = |line: &str, word: &str| -> Option<SocketAddr> {
            let rest = line.split(word).nth(1)?;
            rest.split(['/', ' ', '"'])
                .next()?
                .trim_end_matches('.')
                .parse()
                .ok()
        };
        for line in out.lines() {
            let line = line.unwrap();
            metrics = metrics.or_else(|| after(&line, "Metrics are at http://"));
            address = address
                .or_else(|| after(&line, "Plumbline is at http://"))
                .or_else(|| after(&line, "Plumbline is at https://"));
            if address.is_some() {
                break;
            }
        }
        Self {
            address: address.expect("the server says where it is"),
            metrics,
            child,
            folder,
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A request whose handler waits for the rest of the form.
fn begun(server: &Server, form: &str) -> TcpStream {
    let mut stream = server.connect();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nExpect: \
         100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        server.address,
        form.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut continues = [0; 25];
    stream.read_exact(&mut continues).unwrap();
    assert_eq!(&continues, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_server_that_is_asked_to_stop_answers_every_request_that_it_took() {
    const FORM: &str = "mail=a%40b.example&password=a+password+that+is+wrong&to=";
    let mut server = Server::start(&[]);
    let under_way: Vec<TcpStream> = (0..12).map(|_| begun(&server, FORM)).collect();
    server.signal("TERM");
    // It takes nothing new: the port is closed at some moment, and stays so.
    while let Ok(mut stream) = TcpStream::connect(server.address) {
        let sent = stream.write_all(b"GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        if sent.is_ok() && stream.read_to_string(&mut answer).is_ok() && !answer.is_empty() {
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        }
    }
    assert!(
        server.child.try_wait().unwrap().is_none(),
        "it did not wait"
    );
    for mut stream in under_way {
        stream.write_all(FORM.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 4") && answer.contains("</html>"),
            "cut off: {answer}"
        );
    }
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn metrics_are_understood_by_a_client_of_prometheus_and_say_nothing_about_anybody() {
    let python = std::env::var("PLUMBLINE_WITNESS_PYTHON").expect(
        "PLUMBLINE_WITNESS_PYTHON names the python of a virtual environment with \
         crates/sandbox/witness/quickbooks/requirements.txt installed",
    );
    let server = Server::start(&["--metrics-listen", "127.0.0.1:0"]);
    assert!(ask(server.address, "/sign-in").starts_with("HTTP/1.1 200"));
    assert!(ask(server.address, "/worklist").starts_with("HTTP/1.1 303"));
    assert!(ask(server.address, "/metrics").starts_with("HTTP/1.1 404"));
    const FORM: &str = "mail=a%40b.example&password=a+password+that+is+wrong&to=";
    let mut stream = begun(&server, FORM);
    stream.write_all(FORM.as_bytes()).unwrap();
    // The head comes in one piece, and with it the handler has counted.
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();

    let answer = ask(
        server.metrics.expect("it says where the metrics are"),
        "/metrics",
    );
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    for canary in ["b.example", "tnt_", "127.0.0.1"] {
        assert!(!text.contains(canary), "{canary} is in {text}");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/metrics.py");
    let mut parser = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    parser
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = parser.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let value = |name: &str| {
        found[name]
            .as_f64()
            .unwrap_or_else(|| panic!("{name}: {found}"))
    };
    assert_eq!(value("plumbline_requests_total /sign-in GET 200"), 1.0);
    assert_eq!(value("plumbline_requests_total /worklist GET 303"), 1.0);
    assert_eq!(value("plumbline_requests_total none GET 404"), 1.0);
    assert_eq!(value("plumbline_request_seconds_count /worklist"), 1.0);
    assert_eq!(value("plumbline_sign_in_steps_total password Wrong"), 1.0);
    assert_eq!(value("plumbline_jobs dead"), 0.0);
    assert!(value("plumbline_resident_memory_bytes") > 1e6);
}

#[test]
fn a_backup_is_made_while_the_server_has_the_folder_and_after_it_was_killed() {
    let mut server = Server::start(&[]);
    let folder = server.folder.path().to_owned();
    let file = |name: &str| folder.join(name).display().to_string();
    let (data, backup, keys) = (file("data"), file("backup"), file("keys.json"));
    let taken = crate::app::run(&["--data", &data, "tenant", "list"]);
    assert!(
        taken.err.contains("in use by another Plumbline"),
        "{}",
        taken.err
    );
    for more in [&[][..], &["--verify"]] {
        let arguments = [&["--data", &data, "backup", &backup, "--keys", &keys], more].concat();
        let made = crate::app::run(&arguments);
        assert_eq!(made.code, 0, "{}", made.err);
    }
    assert!(ask(server.address, "/ready").contains("ready"));
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let (backup, keys) = (file("later"), file("later.json"));
    let made = crate::app::run(&["--data", &data, "backup", &backup, "--keys", &keys]);
    assert_eq!(made.code, 0, "{}", made.err);
}

/// A certificate for this machine, as files; the certificate in PEM form comes back too.
pub(crate) fn certificate(folder: &Path) -> (PathBuf, PathBuf, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    let pem = made.cert.pem();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(&chain, &pem).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&key, private).unwrap();
    }
    (chain, key, pem)
}

/// What a client that trusts only this certificate gets.
async fn trusting(pem: &str, server: &Server, path: &str) -> Result<u16, reqwest::Error> {
    let client = reqwest::Client::builder()
        .tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("https://localhost:{}{path}", server.address.port());
    Ok(client.get(url).send().await?.status().as_u16())
}

#[tokio::test]
async fn tls_is_spoken_without_a_proxy_and_its_certificate_can_be_replaced() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let (chain, key, first) = certificate(folder.path());
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let server = Server::start(&["--tls-cert", &chain, "--tls-key", &key]);
    assert_eq!(trusting(&first, &server, "/sign-in").await.unwrap(), 200);
    let plain = ask_plain(&server);
    assert!(!plain.starts_with("HTTP/1.1 2"), "{plain}");

    let (_, _, second) = certificate(folder.path());
    assert!(trusting(&second, &server, "/health").await.is_err());
    server.signal("HUP");
    while trusting(&second, &server, "/health").await.is_err() {}
    assert!(trusting(&first, &server, "/health").await.is_err());

    // What cannot be read changes nothing.
    std::fs::write(&chain, "nonsense").unwrap();
    server.signal("HUP");
    for _ in 0..20 {
        assert_eq!(trusting(&second, &server, "/health").await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_reload_without_a_certificate_leaves_the_server_there() {
    let mut server = Server::start(&[]);
    server.signal("HUP");
    for _ in 0..20 {
        let answer = ask_plain(&server);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(server.child.try_wait().unwrap().is_none(), "it ended");
}

fn ask_plain(server: &Server) -> String {
    let mut stream = server.connect();
    let request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// The first message of a client that speaks this version and nothing newer.
fn hello(version: [u8; 2]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    // ECDHE with AES in the suites that both 1.1 and 1.2 know, and two of 1.2.
    body.extend([0, 8, 0xc0, 0x13, 0xc0, 0x09, 0xc0, 0x2b, 0xc0, 0x2f]);
    body.extend([1, 0]);
    // Groups x25519 and P-256, points uncompressed, signatures of 1.2.
    let extensions = [
        0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1, 0,
        23, 0, 0,
    ];
    body.extend([0, u8::try_from(extensions.len()).unwrap()]);
    body.extend(extensions);
    let length = u8::try_from(body.len()).unwrap();
    let mut message = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    message.extend(body);
    message
}

#[tokio::test]
async fn tls_older_than_1_2_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key, _) = certificate(folder.path());
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let server = Server::start(&["--tls-cert", &chain, "--tls-key", &key]);
    let answer = |version| {
        let mut stream = server.connect();
        stream.write_all(&hello(version)).unwrap();
        let mut start = [0; 7];
        stream.read_exact(&mut start).unwrap();
        start
    };
    // A handshake goes on, or an alert says why not: protocol_version is 70.
    assert_eq!(answer([3, 3])[0], 22, "1.2 is spoken");
    for old in [[3, 2], [3, 1]] {
        let start = answer(old);
        assert_eq!((start[0], start[6]), (21, 70), "{old:?} gave {start:?}");
    }
}

#[test]
fn a_key_that_everybody_may_read_is_not_served_with() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key, _) = certificate(folder.path());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let ran = crate::app::run(&[
        "--data",
        &folder.path().join("data").display().to_string(),
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        &chain.display().to_string(),
        "--tls-key",
        &key.display().to_string(),
    ]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("chmod 600"), "{}", ran.err);
}
