//! Both local systems with a simulated contractor: for the demo, the sandbox command and tests.

use jiff::SignedDuration;
use sandbox::world::World;
use sandbox::{procore, quickbooks};
use store::control::companies;

use crate::desk::Desk;
use crate::settings::{Client, ProcoreAccess, QuickBooksAccess, Rights};

/// Both local systems, running.
pub struct Sandboxes {
    /// The local Procore.
    pub procore: procore::Handle,
    /// The local QuickBooks.
    pub quickbooks: quickbooks::Handle,
    /// The day the contractor's books end.
    pub as_of: figures::Date,
    /// The contractor's time zone.
    pub time_zone: String,
}

/// Where the local systems are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Origin of Procore's login host.
    pub login: String,
    /// Origin of Procore's API host.
    pub api: String,
    /// Origin of QuickBooks.
    pub quickbooks: String,
}

/// Ports on this machine; 0 takes a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// Procore's login host.
    pub login: u16,
    /// Procore's API host.
    pub api: u16,
    /// QuickBooks.
    pub quickbooks: u16,
}

/// How the local systems behave towards their visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// A consent page that asks a person, and time that passes.
    ForPeople,
    /// Consent is given at once, and time passes.
    Headless,
    /// Consent is given at once, and time stands still: the same answers in every run.
    Still,
}

/// Where the browser comes back to; the sandboxes accept any port of this machine.
pub const REDIRECT_URI: &str = "http://localhost:0/callback";

impl Sandboxes {
    /// Starts both with the books of a world.
    ///
    /// # Errors
    /// A port that is taken, or books that cannot be loaded.
    pub async fn start(world: World, ports: Ports, manner: Manner) -> anyhow::Result<Self> {
        let headless = manner != Manner::ForPeople;
        let (as_of, time_zone) = (world.as_of, world.time_zone.clone());
        let config = quickbooks::Config {
            port: ports.quickbooks,
            headless,
            pace: match manner {
                Manner::Still => quickbooks::Pace::Manual,
                Manner::ForPeople | Manner::Headless => quickbooks::Pace::Running,
            },
            throttle: quickbooks::Throttle::off(),
            ..quickbooks::Config::default()
        };
        let books = quickbooks::Books::from(&world);
        let quickbooks = quickbooks::start(config, Some(books)).await?;
        let config = procore::Config {
            auth_port: ports.login,
            api_port: ports.api,
            headless_consent: headless,
            clock: match manner {
                Manner::Still => procore::ClockMode::Frozen,
                Manner::ForPeople | Manner::Headless => procore::ClockMode::Running,
            },
            limits: procore::RateLimits {
                jump_to_reset: manner == Manner::Still,
                ..procore::RateLimits::default()
            },
            ..procore::Config::default()
        };
        let procore = procore::start(config, Some(procore::Books::from(world))).await?;
        Ok(Self {
            procore,
            quickbooks,
            as_of,
            time_zone,
        })
    }

    /// Where both are.
    #[must_use]
    pub fn local(&self) -> Local {
        Local {
            login: self.procore.auth_url().to_owned(),
            api: self.procore.api_url().to_owned(),
            quickbooks: self.quickbooks.base_url().to_owned(),
        }
    }

    /// How the local Procore is reached.
    #[must_use]
    pub fn procore_access(&self, rights: Rights) -> ProcoreAccess {
        let config = self.procore.config();
        let Local { login, api, .. } = self.local();
        ProcoreAccess {
            login,
            api,
            company_id: self.procore.company_id(),
            rights,
            client: Client {
                id: config.client_id.clone(),
                secret: store::Secret::new(config.client_secret.clone()),
                redirect_uri: REDIRECT_URI.to_owned(),
            },
        }
    }

    /// How the local QuickBooks is reached.
    #[must_use]
    pub fn quickbooks_access(&self) -> QuickBooksAccess {
        QuickBooksAccess {
            environment: self.local().quickbooks,
            client: Client {
                id: quickbooks::CLIENT_ID.to_owned(),
                secret: store::Secret::new(quickbooks::CLIENT_SECRET.to_owned()),
                redirect_uri: REDIRECT_URI.to_owned(),
            },
        }
    }

    /// Closes the books up to the end of last year only, so that there is something that an
    /// approval can write.
    pub fn close_last_year(&self) {
        let year_ago = jiff::civil::date(self.as_of.year() - 1, 12, 31);
        let company = &self.quickbooks;
        company.set_closing_date(&company.realm_id(), Some(year_ago));
    }

    /// Stops both.
    pub async fn shutdown(self) {
        self.procore.shutdown().await;
        self.quickbooks.shutdown().await;
    }
}

/// Lets other tenants of the installation be connected to the local companies that this one reads.
/// An installation allows a company to one tenant only, and local ones are all alike: what is known
/// of them is forgotten, which no real company ever is while its tenant is there.
///
/// # Errors
/// When the control data cannot be written.
pub async fn let_others_connect(desk: &Desk) -> anyhow::Result<()> {
    let much_later = desk
        .clock
        .now()
        .checked_add(SignedDuration::from_hours(2))?;
    let control = desk.installation.control();
    companies::settle(control, &desk.scope, Vec::new(), much_later).await?;
    Ok(())
}
