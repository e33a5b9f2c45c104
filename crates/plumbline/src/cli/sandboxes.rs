//! `plumbline sandbox`, and the two local systems that the demo uses.

use sandbox::contractor::{Plan, generate};
use sandbox::world::World;
use sandbox::{procore, quickbooks};

use super::Answer;
use super::arguments::SandboxArguments;
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

/// Where the browser comes back to; the sandboxes accept any port of this machine.
const REDIRECT_URI: &str = "http://localhost:0/callback";

impl Sandboxes {
    /// Starts both with the books of a world.
    ///
    /// # Errors
    /// A port that is taken, or books that cannot be loaded.
    pub async fn start(world: World, ports: Ports, headless: bool) -> anyhow::Result<Self> {
        let (as_of, time_zone) = (world.as_of, world.time_zone.clone());
        let config = quickbooks::Config {
            port: ports.quickbooks,
            headless,
            throttle: quickbooks::Throttle::off(),
            ..quickbooks::Config::default()
        };
        let books = quickbooks::Books::from(&world);
        let quickbooks = quickbooks::start(config, Some(books)).await?;
        let config = procore::Config {
            auth_port: ports.login,
            api_port: ports.api,
            headless_consent: headless,
            clock: procore::ClockMode::Running,
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

    /// How the local Procore is reached.
    #[must_use]
    pub fn procore_access(&self, rights: Rights) -> ProcoreAccess {
        let config = self.procore.config();
        ProcoreAccess {
            login: self.procore.auth_url().to_owned(),
            api: self.procore.api_url().to_owned(),
            company_id: self.procore.company_id(),
            rights,
            client: Client {
                id: config.client_id.clone(),
                secret: config.client_secret.clone(),
                redirect_uri: REDIRECT_URI.to_owned(),
            },
        }
    }

    /// How the local QuickBooks is reached.
    #[must_use]
    pub fn quickbooks_access(&self) -> QuickBooksAccess {
        QuickBooksAccess {
            environment: self.quickbooks.base_url().to_owned(),
            client: Client {
                id: quickbooks::CLIENT_ID.to_owned(),
                secret: quickbooks::CLIENT_SECRET.to_owned(),
                redirect_uri: REDIRECT_URI.to_owned(),
            },
        }
    }

    /// Stops both.
    pub async fn shutdown(self) {
        self.procore.shutdown().await;
        self.quickbooks.shutdown().await;
    }
}

pub(super) async fn run(arguments: &SandboxArguments) -> anyhow::Result<Answer> {
    let plan = match arguments.size.as_str() {
        "small" => Plan::small(arguments.seed),
        "medium" => Plan::medium(arguments.seed),
        "large" => Plan::large(arguments.seed),
        _ => Plan::demo(),
    };
    let plan = if arguments.clean { plan.clean() } else { plan };
    let ports = Ports {
        login: arguments.procore_login_port,
        api: arguments.procore_api_port,
        quickbooks: arguments.quickbooks_port,
    };
    let sandboxes = Sandboxes::start(generate(&plan), ports, arguments.headless).await?;
    println!("{}", how_to_connect(&sandboxes, arguments.headless));
    tokio::signal::ctrl_c().await?;
    sandboxes.shutdown().await;
    Ok(Answer::text("Stopped."))
}

fn how_to_connect(sandboxes: &Sandboxes, headless: bool) -> String {
    let flag = if headless { " --headless" } else { "" };
    let (procore, quickbooks) = (
        sandboxes.procore_access(Rights::Person),
        sandboxes.quickbooks_access(),
    );
    format!(
        "Procore runs at {login} (login) and {api} (API), QuickBooks at {url}.\n\
         Connect to them and read them from another terminal:\n\n\
         PLUMBLINE_PROCORE_CLIENT_SECRET={procore_secret} plumbline connect procore \
         --company-id {company} --login-url {login} --api-url {api} --client-id {procore_id} \
         --redirect-uri {redirect} --time-zone {zone} --as-of {as_of}{flag}\n\
         PLUMBLINE_QUICKBOOKS_CLIENT_SECRET={quickbooks_secret} plumbline connect quickbooks \
         --url {url} --client-id {quickbooks_id} --redirect-uri {redirect} --as-of {as_of}{flag}\n\
         plumbline cycle\n\nCtrl-C stops both.",
        login = procore.login,
        api = procore.api,
        url = quickbooks.environment,
        procore_secret = procore.client.secret,
        quickbooks_secret = quickbooks.client.secret,
        company = procore.company_id,
        procore_id = procore.client.id,
        quickbooks_id = quickbooks.client.id,
        redirect = REDIRECT_URI,
        zone = sandboxes.time_zone,
        as_of = sandboxes.as_of,
    )
}
