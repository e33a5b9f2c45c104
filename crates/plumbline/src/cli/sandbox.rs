//! `plumbline sandbox`: both local systems until Ctrl-C, for trying things out.

use sandbox::contractor::{Plan, generate};

use super::Answer;
use super::arguments::SandboxArguments;
use crate::sandboxes::{Manner, Ports, REDIRECT_URI, Sandboxes};
use crate::settings::Rights;

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
    let manner = if arguments.headless {
        Manner::Headless
    } else {
        Manner::ForPeople
    };
    let sandboxes = Sandboxes::start(generate(&plan), ports, manner).await?;
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
        procore_secret = procore.client.secret.expose(),
        quickbooks_secret = quickbooks.client.secret.expose(),
        company = procore.company_id,
        procore_id = procore.client.id,
        quickbooks_id = quickbooks.client.id,
        redirect = REDIRECT_URI,
        zone = sandboxes.time_zone,
        as_of = sandboxes.as_of,
    )
}
