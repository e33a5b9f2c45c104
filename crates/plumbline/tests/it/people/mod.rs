//! Who gets in, and what they may do once they are.

mod authority;
mod house;
mod leaving;
pub(crate) mod mailbox;
mod pages;
mod sign_in;
mod switching;
mod two_people;

/// Where the people of a test are kept.
#[derive(Clone, Copy)]
enum Engine {
    Folder,
    Server,
}

const ENGINE: Engine = Engine::Folder;

/// The same once more on PostgreSQL, which takes some texts otherwise than the embedded engine. How
/// a company leaves a server is told in the tests of the store.
#[path = "."]
mod on_a_server {
    use super::{Engine, mailbox};

    const ENGINE: Engine = Engine::Server;

    #[path = "authority.rs"]
    mod authority;
    #[path = "house.rs"]
    mod house;
    #[path = "pages.rs"]
    mod pages;
    #[path = "sign_in.rs"]
    mod sign_in;
    #[path = "switching.rs"]
    mod switching;
    #[path = "two_people.rs"]
    mod two_people;
}
