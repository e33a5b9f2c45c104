//! Mail that the program sends: text, with a page beside it at most, to addresses out of records,
//! at most once.
//!
//! A letter that was handed to the server is never sent again by itself. Without a server nothing
//! is sent, and whoever needs a letter is told so.

use std::fmt;

use jiff::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use store::Secret;

/// Where the server is and who the letters are from.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `smtps://user:password@host:465`, or `smtp://…:587?tls=required`; plain `smtp://` only to
    /// this machine.
    pub server: Secret,
    /// The address in From, with or without a name.
    pub from: String,
}

/// A letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// The person's name.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as a page, beside the text.
    pub html: Option<String>,
    /// Makes its `Message-ID` one of its own.
    pub id: String,
}

/// Why mail cannot be sent. The texts hold no address and no password.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The address of the server is not usable.
    #[error("the mail server's address is not usable: {0}; see PLUMBLINE_SMTP_URL")]
    Server(&'static str),
    /// The sender's address is not usable.
    #[error("the sender of mail is no mail address; see PLUMBLINE_MAIL_FROM")]
    From,
    /// The letter cannot be written to this address.
    #[error("the letter has an address or a subject that cannot be written")]
    Letter,
    /// The server does not answer.
    #[error("the mail server does not answer")]
    Away,
    /// The server did not take it.
    #[error("the mail server did not take the letter")]
    NotTaken,
}

/// Sends letters over one server.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Mailer")
    }
}

impl MailSettings {
    /// The settings of the environment, if there are any.
    ///
    /// # Errors
    /// [`MailError::From`] when there is a server but no sender.
    pub fn of_the_environment() -> Result<Option<Self>, MailError> {
        let Ok(server) = std::env::var("PLUMBLINE_SMTP_URL") else {
            return Ok(None);
        };
        let from = std::env::var("PLUMBLINE_MAIL_FROM").map_err(|_| MailError::From)?;
        Ok(Some(Self {
            server: Secret::new(server),
            from,
        }))
    }
}

impl Mailer {
    /// A mailer for these settings; nothing is sent yet.
    ///
    /// # Errors
    /// When the settings are not usable, or would send passwords over the network unencrypted.
    pub fn try_new(settings: &MailSettings) -> Result<Self, MailError> {
        let server = url::Url::parse(settings.server.expose())
            .map_err(|_| MailError::Server("it is no address"))?;
        let is_encrypted = server.scheme() == "smtps"
            || server
                .query_pairs()
                .any(|(name, value)| name == "tls" && value == "required");
        let is_here = match server.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => {
                name == "localhost"
                    || name
                        .parse()
                        .is_ok_and(|it: std::net::IpAddr| it.is_loopback())
            }
            None => false,
        };
        if !is_encrypted && !is_here {
            return Err(MailError::Server(
                "outside this machine it must be smtps:// or have ?tls=required",
            ));
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server.as_str())
            .map_err(|_| MailError::Server("it is not understood"))?
            .build();
        let from = settings.from.parse().map_err(|_| MailError::From)?;
        Ok(Self { transport, from })
    }

    /// Asks whether the server answers, without a letter.
    ///
    /// # Errors
    /// [`MailError::Away`] when it does not.
    pub async fn answers(&self) -> Result<(), MailError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(MailError::Away),
        }
    }

    /// Hands a letter over, once.
    ///
    /// # Errors
    /// When it cannot be written, or the server did not take it.
    pub async fn send(&self, letter: Letter, now: Timestamp) -> Result<(), MailError> {
        let to: Address = letter.to.parse().map_err(|_| MailError::Letter)?;
        if letter.subject.contains(['\r', '\n']) {
            return Err(MailError::Letter);
        }
        let head = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(letter.name), to))
            .subject(letter.subject)
            .date(now.into())
            .message_id(Some(format!("<{}@plumbline>", letter.id)));
        let message = match letter.html {
            None => head.header(ContentType::TEXT_PLAIN).body(letter.text),
            Some(html) => head.multipart(MultiPart::alternative_plain_html(letter.text, html)),
        }
        .map_err(|_| MailError::Letter)?;
        self.transport
            .send(message)
            .await
            .map(drop)
            .map_err(|_| MailError::NotTaken)
    }
}

/// What somebody typed cannot begin a line of its own in a letter.
#[must_use]
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(char::is_control, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_line_ends_stays_on_its_line() {
        assert_eq!(one_line("a\r\nBcc: b\t c\u{7}"), "a Bcc: b c");
    }

    fn mailer(server: &str) -> Result<Mailer, MailError> {
        Mailer::try_new(&MailSettings {
            server: Secret::new(server.to_owned()),
            from: "Plumbline <books@ridgeline.example>".to_owned(),
        })
    }

    #[tokio::test]
    async fn passwords_are_not_sent_in_the_clear_to_another_machine() {
        for (server, fine) in [
            ("smtps://a:b@mail.example:465", true),
            ("smtp://a:b@mail.example:587?tls=required", true),
            ("smtp://a:b@mail.example:587", false),
            ("smtp://a:b@mail.example:587?tls=opportunistic", false),
            ("smtp://127.0.0.1:2525", true),
            ("smtp://[::1]:2525", true),
            ("smtp://localhost:2525", true),
            ("http://127.0.0.1", false),
            ("nonsense", false),
        ] {
            assert_eq!(mailer(server).is_ok(), fine, "{server}");
        }
    }

    #[tokio::test]
    async fn a_line_end_cannot_make_another_header() {
        let mailer = mailer("smtp://127.0.0.1:9").unwrap();
        let letter = Letter {
            to: "a@b.example".to_owned(),
            name: "A".to_owned(),
            subject: "Hello\r\nBcc: c@d.example".to_owned(),
            text: String::new(),
            html: None,
            id: "1".to_owned(),
        };
        let now = Timestamp::from_second(1_793_500_000).unwrap();
        assert!(matches!(
            mailer.send(letter.clone(), now).await,
            Err(MailError::Letter)
        ));
        let to = Letter {
            to: "a@b.example\r\nBcc: c@d.example".to_owned(),
            subject: "Hello".to_owned(),
            ..letter
        };
        assert!(matches!(mailer.send(to, now).await, Err(MailError::Letter)));
    }
}
