//! Letting people in, step by step. No page is made here and no request is read.
//!
//! Every step counts before it looks, and says the same about accounts that do not exist as about
//! those that do.

use gate::roles::{Grants, is_fresh};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use store::control::attempts::{self, Claim};
use store::control::factors::{self, SettingUp, Tried};
use store::control::invitations::{self, Accepting};
use store::control::people::{self, NewPerson};
use store::control::resets;
use store::control::sessions::{self, NewSession, Seen};
use store::{Refusal, Secret, StoreError};

use super::door::{Door, Factors, Knocking};
use super::password::{HashError, weakness};
use super::totp;
use crate::mail::Letter;

/// A link to a new password counts so long.
const RESET_COUNTS: SignedDuration = SignedDuration::from_mins(30);
/// So many recovery codes are handed out.
const RECOVERY_CODES: usize = 10;

/// Why somebody is not let in. None of it says whether an account exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Address or password is wrong.
    Wrong,
    /// The code is wrong, or was used already.
    WrongCode,
    /// Too many tries; come back after so many seconds.
    Wait {
        /// Whole seconds.
        seconds: i64,
    },
    /// The person belongs to no company any more.
    NoCompany,
    /// The password is not good enough.
    Weak(super::password::Weakness),
    /// The link is spent or too old.
    SpentLink,
    /// The store's own reason, for the person to read.
    Other(String),
}

impl Denied {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Wrong => "The address or the password is not right. Try again, or choose a new \
                            password."
                .to_owned(),
            Self::WrongCode => "This code is not right, or was used already. Wait for the next \
                                code and enter that one."
                .to_owned(),
            Self::Wait { seconds: 1 } => "Too many tries. Wait 1 second.".to_owned(),
            Self::Wait { seconds } if *seconds < 120 => {
                format!("Too many tries. Wait {seconds} seconds.")
            }
            Self::Wait { seconds } => {
                format!("Too many tries. Come back in {} minutes.", seconds / 60 + 1)
            }
            Self::NoCompany => "You do not belong to a company here any more. Ask an owner of \
                                yours for an invitation."
                .to_owned(),
            Self::Weak(weakness) => weakness.to_string(),
            Self::SpentLink => {
                "This link was used already or is too old. Ask for another one.".to_owned()
            }
            Self::Other(text) => text.clone(),
        }
    }

    /// Whether it is about how often somebody tries.
    #[must_use]
    pub fn is_too_often(&self) -> bool {
        matches!(self, Self::Wait { .. })
    }
}

/// What stands between a session and the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    In,
    /// A code of the second factor.
    NeedsCode,
    /// A second factor, which is not set up yet.
    NeedsSetUp,
}

/// What came of a step: the inner error is for the person, the outer one is ours.
pub type Step<T> = anyhow::Result<Result<T, Denied>>;

/// Returns early with what the person did wrong.
macro_rules! or_denied {
    ($step:expr) => {
        match $step {
            Ok(value) => value,
            Err(denied) => return Ok(Err(denied)),
        }
    };
}

impl Door {
    /// What stands between this session and the pages.
    #[must_use]
    pub fn standing(&self, seen: &Seen) -> Standing {
        if seen.has_factor {
            match seen.factor_at {
                Some(_) => Standing::In,
                None => Standing::NeedsCode,
            }
        } else if seen.grants.need_two_factors() && self.factors == Factors::Required {
            Standing::NeedsSetUp
        } else {
            Standing::In
        }
    }

    /// Whether the second factor was shown within the last minutes, where one is asked for.
    #[must_use]
    pub fn is_fresh(&self, factor_at: Option<jiff::Timestamp>, has_factor: bool) -> bool {
        match factor_at {
            Some(at) => is_fresh(at, self.now()),
            None => !has_factor && self.factors == Factors::Optional,
        }
    }

    /// Password and address: the token of a new session. A second factor is asked for next.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn sign_in(&self, who: &Knocking, mail: &str, password: Secret) -> Step<Secret> {
        or_denied!(self.knock(who));
        let account_name = format!("password {}", people::same_mail(mail));
        or_denied!(self.claim(&account_name).await?);
        let account = people::account(self.control(), mail).await?;
        let stored = account
            .as_ref()
            .map(|account| account.password_hash.clone());
        let is_right = match self.hasher.is_right(password, stored).await {
            Ok(is_right) => is_right,
            Err(HashError::Crowded) => return Ok(Err(Denied::Wait { seconds: 5 })),
            Err(error) => return Err(error.into()),
        };
        let Some(account) = account.filter(|_| is_right) else {
            return Ok(Err(Denied::Wrong));
        };
        attempts::succeeded(self.control(), &account_name, self.now()).await?;
        self.begin(who, account.person_id, None, None).await
    }

    /// Begins a session of somebody who has shown who they are.
    pub(crate) async fn begin(
        &self,
        who: &Knocking,
        person_id: String,
        tenant_id: Option<String>,
        factor_at: Option<jiff::Timestamp>,
    ) -> Step<Secret> {
        let token = self.token()?;
        let session = NewSession {
            id: self.id("ses")?,
            token: token.clone(),
            person_id,
            tenant_id,
            factor_at,
            user_agent: who.user_agent.clone(),
            address: who.address.to_string(),
        };
        match sessions::begin(self.control(), session, self.now()).await {
            Ok(()) => Ok(Ok(token)),
            Err(StoreError::Refused(Refusal::NoCompany)) => Ok(Err(Denied::NoCompany)),
            Err(error) => Err(error.into()),
        }
    }

    /// A code of the second factor, or a recovery code: the session's new token.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn second_factor(&self, who: &Knocking, seen: &Seen, typed: &str) -> Step<Secret> {
        or_denied!(self.knock(who));
        or_denied!(self.show_factor(&seen.person_id, typed).await?);
        let token = self.token()?;
        sessions::raise(self.control(), &seen.session_id, &token, self.now()).await?;
        Ok(Ok(token))
    }

    async fn show_factor(&self, person_id: &str, typed: &str) -> Step<()> {
        let account = format!("factor {person_id}");
        or_denied!(self.claim(&account).await?);
        let digits = typed.chars().filter(char::is_ascii_digit).count();
        let letters = typed.chars().filter(|it| it.is_ascii_alphabetic()).count();
        let is_right = if digits == 6 && letters == 0 {
            let (step, typed) = (totp::step(self.now()), typed.to_owned());
            let matching = move |secret: &Secret| {
                totp::matching_step(&totp::from_base32(secret.expose())?, &typed, step)
            };
            match factors::try_code(self.control(), person_id, step, matching).await? {
                Tried::Right => true,
                Tried::TooMany => return Ok(Err(Denied::Wait { seconds: 30 })),
                Tried::Wrong | Tried::NoFactor => false,
            }
        } else {
            let code = plain_code(typed);
            factors::use_recovery_code(self.control(), person_id, &code, self.now()).await?
        };
        if !is_right {
            return Ok(Err(Denied::WrongCode));
        }
        attempts::succeeded(self.control(), &account, self.now()).await?;
        Ok(Ok(()))
    }

    /// Makes a secret for a new second factor, which waits for its first code.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn prepare_factor(&self, person_id: &str) -> anyhow::Result<()> {
        let secret = Secret::new(totp::base32(&self.bytes::<20>()?));
        Ok(factors::prepare(self.control(), person_id, secret).await?)
    }

    /// The first code of a prepared factor: recovery codes to keep, and the session's new token.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn set_up_factor(
        &self,
        who: &Knocking,
        seen: &Seen,
        typed: &str,
    ) -> Step<(Vec<String>, Secret)> {
        or_denied!(self.knock(who));
        or_denied!(self.claim(&format!("factor {}", seen.person_id)).await?);
        let prepared = factors::prepared(self.control(), &seen.person_id).await?;
        let step = totp::step(self.now());
        let matched = prepared
            .and_then(|secret| totp::from_base32(secret.expose()))
            .and_then(|secret| totp::matching_step(&secret, typed, step));
        let Some(matched) = matched else {
            return Ok(Err(Denied::WrongCode));
        };
        let account = format!("factor {}", seen.person_id);
        attempts::succeeded(self.control(), &account, self.now()).await?;
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| self.recovery_code())
            .collect::<Result<_, _>>()?;
        let setting_up = SettingUp {
            person_id: seen.person_id.clone(),
            kept_session: seen.session_id.clone(),
            step: matched,
            recovery_codes: codes.iter().map(|code| plain_code(code)).collect(),
        };
        factors::set_up(self.control(), setting_up, self.now()).await?;
        let token = self.token()?;
        sessions::raise(self.control(), &seen.session_id, &token, self.now()).await?;
        Ok(Ok((codes, token)))
    }

    /// A new password of somebody who is signed in and knows the old one. Their other sessions end
    /// and this one gets another token.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn change_password(
        &self,
        who: &Knocking,
        seen: &Seen,
        old: Secret,
        new: Secret,
    ) -> Step<()> {
        or_denied!(self.knock(who));
        let account_name = format!("password {}", seen.mail);
        or_denied!(self.claim(&account_name).await?);
        let stored = people::account(self.control(), &seen.mail)
            .await?
            .map(|account| account.password_hash);
        match self.hasher.is_right(old, stored).await {
            Ok(true) => {}
            Ok(false) => {
                let text = "The present password is not right. Nothing was changed.";
                return Ok(Err(Denied::Other(text.to_owned())));
            }
            Err(HashError::Crowded) => return Ok(Err(Denied::Wait { seconds: 5 })),
            Err(error) => return Err(error.into()),
        }
        attempts::succeeded(self.control(), &account_name, self.now()).await?;
        let names = [seen.name.as_str(), &seen.mail, &seen.tenant_name];
        let hash = or_denied!(self.new_hash(new, &names).await?);
        let kept = Some(seen.session_id.as_str());
        people::set_password(self.control(), &seen.person_id, hash, kept, self.now()).await?;
        Ok(Ok(()))
    }

    async fn new_hash(&self, password: Secret, names: &[&str]) -> Step<Secret> {
        if let Some(weakness) = weakness(password.expose(), names) {
            return Ok(Err(Denied::Weak(weakness)));
        }
        match self.hasher.hash(password, self.bytes::<16>()?).await {
            Ok(hash) => Ok(Ok(hash)),
            Err(HashError::Crowded) => Ok(Err(Denied::Wait { seconds: 5 })),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a link to a new password to whoever has this address. The answer is the same for an
    /// address that nobody has.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn ask_for_reset(&self, who: &Knocking, mail: &str) -> Step<()> {
        or_denied!(self.knock(who));
        let asked = format!("reset {}", people::same_mail(mail));
        if attempts::claim(self.control(), &asked, self.now()).await? != Claim::Go {
            return Ok(Ok(()));
        }
        let (token, now) = (self.token()?, self.now());
        let ends = now + RESET_COUNTS;
        let addressee = resets::ask(self.control(), mail, &token, ends, now).await?;
        if let Some(addressee) = addressee {
            let link = self.link(&format!("/sign-in/reset/{}", token.expose()));
            self.send(Letter {
                to: addressee.mail,
                name: addressee.name,
                subject: "A new password for Plumbline".to_owned(),
                text: format!(
                    "Somebody, most likely you, asked for a new password for Plumbline.\n\n\
                     Choose it here within 30 minutes:\n{link}\n\n\
                     Your second factor stays as it is. If it was not you, do nothing.\n"
                ),
                html: None,
                id: self.id("reset")?,
            });
        }
        Ok(Ok(()))
    }

    /// Spends a link for a new password. Every session of the person ends.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn reset(&self, who: &Knocking, token: &Secret, password: Secret) -> Step<()> {
        or_denied!(self.knock(who));
        let mail = match resets::open(self.control(), token, self.now()).await {
            Ok(mail) => mail,
            Err(StoreError::Refused(_)) => return Ok(Err(Denied::SpentLink)),
            Err(error) => return Err(error.into()),
        };
        let hash = or_denied!(self.new_hash(password, &[&mail]).await?);
        match resets::use_link(self.control(), token, hash, self.now()).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Refused(_)) => Ok(Err(Denied::SpentLink)),
            Err(error) => Err(error.into()),
        }
    }

    /// Accepts an invitation as somebody new: the token of their first session.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn accept_invitation(
        &self,
        who: &Knocking,
        token: &Secret,
        name: &str,
        password: Secret,
    ) -> Step<Secret> {
        or_denied!(self.knock(who));
        let open = match invitations::open(self.control(), token, self.now()).await {
            Ok(open) => open,
            Err(StoreError::Refused(_)) => return Ok(Err(Denied::SpentLink)),
            Err(error) => return Err(error.into()),
        };
        let names = [name, &open.mail, &open.tenant_name];
        let hash = or_denied!(self.new_hash(password, &names).await?);
        let person = NewPerson {
            id: self.id("psn")?,
            mail: open.mail,
            name: name.to_owned(),
            password_hash: hash,
        };
        let person_id = person.id.clone();
        or_denied!(self.accepted(token, Accepting::New(person)).await?);
        self.begin(who, person_id, None, None).await
    }

    /// Accepts an invitation as somebody who is signed in already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn join(&self, token: &Secret, person_id: &str) -> Step<()> {
        self.accepted(token, Accepting::Known(person_id.to_owned()))
            .await
    }

    async fn accepted(&self, token: &Secret, accepting: Accepting) -> Step<()> {
        let now = self.now();
        // Roles of an invitation have no days, so the zone does not matter.
        let on = now.to_zoned(TimeZone::UTC).date();
        match invitations::accept(self.control(), token, accepting, on, now).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Refused(Refusal::NoSuchInvitation)) => Ok(Err(Denied::SpentLink)),
            Err(StoreError::Refused(refusal)) => Ok(Err(Denied::Other(refusal.to_string()))),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the first owner, with the token that was printed in the terminal: the token of their
    /// first session. A company is made unless the data folder holds one already.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn set_up(&self, who: &Knocking, first: FirstOwner) -> Step<Secret> {
        or_denied!(self.knock(who));
        if !self.is_setup_token(first.token.expose()) || !people::nobody_yet(self.control()).await?
        {
            let text = "This is not the token that was printed in the terminal. Start Plumbline \
                        again to get another one.";
            return Ok(Err(Denied::Other(text.to_owned())));
        }
        let names = [first.name.as_str(), &first.mail, &first.company];
        let hash = or_denied!(self.new_hash(first.password, &names).await?);
        let now = self.now();
        let tenants = self.installation.tenants().await?;
        let tenant_id = match tenants
            .into_iter()
            .find(|tenant| tenant.state == store::control::TenantState::Active)
        {
            Some(tenant) => tenant.id,
            None => {
                self.installation
                    .create_tenant(&first.company, now)
                    .await?
                    .id
            }
        };
        let person = NewPerson {
            id: self.id("psn")?,
            mail: first.mail,
            name: first.name,
            password_hash: hash,
        };
        let person_id = person.id.clone();
        match people::first_owner(self.control(), &tenant_id, person, now).await {
            Ok(()) => self.close_setup(),
            Err(StoreError::Refused(refusal)) => {
                return Ok(Err(Denied::Other(refusal.to_string())));
            }
            Err(error) => return Err(error.into()),
        }
        self.begin(who, person_id, None, None).await
    }

    /// Adds somebody without an invitation: for the operator's own commands.
    ///
    /// # Errors
    /// When the address is in use, or the store or the machine fails.
    pub async fn add_person(
        &self,
        tenant_id: &str,
        mail: &str,
        name: &str,
        password: Secret,
        grants: Grants,
    ) -> anyhow::Result<String> {
        let id = self.id("psn")?;
        let person = NewPerson {
            id: id.clone(),
            mail: mail.to_owned(),
            name: name.to_owned(),
            password_hash: self.hasher.hash(password, self.bytes::<16>()?).await?,
        };
        people::add(self.control(), tenant_id, person, grants, self.now()).await?;
        Ok(id)
    }

    /// Adds the first person, who owns the company and opened it: for the demo, whose terminal prints
    /// their password instead of a token.
    ///
    /// # Errors
    /// When somebody is known already, or the store or the machine fails.
    pub async fn add_first_owner(
        &self,
        tenant_id: &str,
        mail: &str,
        name: &str,
        password: Secret,
    ) -> anyhow::Result<()> {
        let person = NewPerson {
            id: self.id("psn")?,
            mail: mail.to_owned(),
            name: name.to_owned(),
            password_hash: self.hasher.hash(password, self.bytes::<16>()?).await?,
        };
        people::first_owner(self.control(), tenant_id, person, self.now()).await?;
        Ok(())
    }

    fn knock(&self, who: &Knocking) -> Result<(), Denied> {
        self.sources
            .knock(who.address, self.now())
            .map_err(|too_often| Denied::Wait {
                seconds: too_often.seconds,
            })
    }

    async fn claim(&self, account: &str) -> Step<()> {
        let now = self.now();
        Ok(match attempts::claim(self.control(), account, now).await? {
            Claim::Go => Ok(()),
            Claim::Wait(until) => Err(Denied::Wait {
                seconds: until.duration_since(now).as_secs().max(0) + 1,
            }),
        })
    }
}

/// Who sets an installation up.
#[derive(Debug)]
pub struct FirstOwner {
    /// What was printed in the terminal.
    pub token: Secret,
    /// The company, where the data folder holds none yet.
    pub company: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub mail: String,
    /// Their password.
    pub password: Secret,
}

/// A recovery code as it is kept: without the dashes and spaces that help to type it.
fn plain_code(typed: &str) -> Secret {
    Secret::new(
        typed
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|it| it.to_ascii_lowercase())
            .collect(),
    )
}
