//! The session's cookie.
//!
//! Browsers take the `__Host-` prefix over https only, so a server that people reach over plain
//! http on their own machine has a cookie of another name. Which one it is follows from the
//! address that people use, never from a request.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};
use store::Secret;

/// How the cookie is called and marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Over https, ours or that of a proxy before us.
    Host,
    /// Over plain http on this machine.
    Local,
}

impl Cookie {
    /// The cookie for an origin such as `https://books.example`.
    #[must_use]
    pub fn for_origin(origin: &str) -> Self {
        if origin.starts_with("https://") {
            Self::Host
        } else {
            Self::Local
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "__Host-plumbline",
            Self::Local => "plumbline-local",
        }
    }

    /// The header that gives a browser a session.
    #[must_use]
    pub fn set(self, token: &Secret) -> HeaderValue {
        self.header(token.expose(), "")
    }

    /// The header that takes it away.
    #[must_use]
    pub fn clear(self) -> HeaderValue {
        self.header("", "; Max-Age=0")
    }

    fn header(self, value: &str, more: &str) -> HeaderValue {
        let secure = match self {
            Self::Host => "; Secure",
            Self::Local => "",
        };
        let text = format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}",
            self.name()
        );
        let mut header =
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }

    /// The token that a request brings. Two cookies of the name are none: somebody put one there.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Option<Secret> {
        let mut found = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name());
        match (found.next(), found.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(Secret::new(value.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(text).unwrap())])
    }

    #[test]
    fn the_cookie_cannot_be_read_by_script_nor_sent_from_other_sites() {
        let token = Secret::new("7f3a".to_owned());
        assert_eq!(
            Cookie::for_origin("https://books.example").set(&token),
            "__Host-plumbline=7f3a; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            Cookie::for_origin("http://127.0.0.1:8420").set(&token),
            "plumbline-local=7f3a; Path=/; HttpOnly; SameSite=Lax"
        );
        assert!(!format!("{:?}", Cookie::Host.set(&token)).contains("7f3a"));
    }

    #[test]
    fn only_the_one_cookie_of_the_right_name_is_read() {
        let read = |text| {
            Cookie::Host
                .read(&sent(text))
                .map(|it| it.expose().to_owned())
        };
        assert_eq!(read("a=b; __Host-plumbline=7f3a"), Some("7f3a".to_owned()));
        assert_eq!(read("plumbline-local=7f3a"), None);
        assert_eq!(read("__Host-plumbline=1; __Host-plumbline=2"), None);
        assert_eq!(read("__Host-plumbline="), None);
    }
}
