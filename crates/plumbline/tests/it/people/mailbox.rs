//! A mail server on this machine that keeps what it is given.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// The letters, in the order in which they came.
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    letters: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Mailbox {
    pub(crate) async fn open() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, letters) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, sender.clone()));
            }
        });
        Arc::new(Self {
            port,
            letters: Mutex::new(letters),
        })
    }

    /// The next letter, as it was handed over; waits for it.
    pub(crate) async fn next(&self) -> String {
        self.letters.lock().await.recv().await.unwrap()
    }

    /// Whether no letter has come.
    pub(crate) async fn is_empty(&self) -> bool {
        self.letters.lock().await.try_recv().is_err()
    }
}

async fn take(stream: TcpStream, letters: mpsc::UnboundedSender<String>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 here\r\n").await?;
    let (mut envelope, mut data, mut in_data) = (String::new(), String::new(), false);
    while let Some(line) = lines.next_line().await? {
        if in_data {
            if line == "." {
                in_data = false;
                drop(letters.send(format!("{envelope}\n{}", unfolded(&data))));
                writer.write_all(b"250 kept\r\n").await?;
            } else {
                data.push_str(&line);
                data.push('\n');
            }
            continue;
        }
        let word = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" | "HELO" | "NOOP" => b"250 here\r\n",
            "MAIL" | "RCPT" => {
                envelope.push_str(&line);
                envelope.push('\n');
                b"250 fine\r\n"
            }
            "DATA" => {
                in_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"500 what\r\n",
        };
        writer.write_all(answer).await?;
    }
    Ok(())
}

/// Lines that were cut for the way are whole again.
fn unfolded(text: &str) -> String {
    text.replace("=\n", "").replace("=3D", "=")
}
