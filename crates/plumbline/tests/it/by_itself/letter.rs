use gate::roles::{Department, Grant, Grants, Role};
use plumbline::mail::{MailSettings, Mailer};
use plumbline::web::hooks::Hooks;
use store::Secret;
use store::control::digest_letters;

use crate::app::App;
use crate::people::mailbox::Mailbox;
use crate::web::Served;

fn mailer(port: u16) -> Mailer {
    Mailer::try_new(&MailSettings {
        server: Secret::new(format!("smtp://127.0.0.1:{port}")),
        from: "Plumbline <plumbline@ridgeline.example>".to_owned(),
    })
    .unwrap()
}

async fn person(served: &Served, name: &str, role: Role) -> String {
    let grants = Grants::new(vec![Grant::standing(role)]);
    let mail = format!("{name}@ridgeline.example");
    let password = Secret::new("plumb bob and chalk line".to_owned());
    let tenant = served.scope.tenant_id();
    let door = served.house.door();
    door.add_person(tenant, &mail, name, password, grants)
        .await
        .unwrap()
}

/// The people whom the letters that have come are for.
async fn letters(mailbox: &Mailbox, count: usize) -> Vec<String> {
    let mut letters = Vec::new();
    for _ in 0..count {
        letters.push(mailbox.next().await);
    }
    assert!(mailbox.is_empty().await);
    letters.sort();
    letters
}

fn is_for(letter: &str, name: &str) -> bool {
    letter.contains(&format!("RCPT TO:<{name}@ridgeline.example>"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_letter_goes_once_a_day_to_those_who_want_it() {
    let mailbox = Mailbox::open().await;
    let app = App::start(7).await;
    let served = Served::with(&app, Hooks::default(), Some(mailer(mailbox.port))).await;
    let lead = person(&served, "priya", Role::Lead(Department::Collections)).await;
    let viewer = person(&served, "vic", Role::Viewer).await;
    person(&served, "tom", Role::Preparer).await;
    // The first reading; nobody's hour has come.
    served.idle().await;
    assert!(mailbox.is_empty().await);

    app.clock.advance_hours(24);
    served.idle().await;
    let first = letters(&mailbox, 2).await;
    assert!(
        is_for(&first[0], "dana") && is_for(&first[1], "priya"),
        "{first:?}"
    );
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let letter = &first[0];
    for text in [
        "Figures as of ",
        "NEEDS YOUR DECISION, as of ",
        "WHAT CHANGED. ",
        "CONNECTIONS",
        "Procore was read ",
        "QuickBooks was read ",
        "text/plain",
        "text/html",
    ] {
        assert!(letter.contains(text), "{text}: {letter}");
    }
    let item = books.to_decide().next().unwrap();
    let link = format!("http://127.0.0.1:8420/worklist/{}", item.id);
    assert!(letter.contains(&link), "{link}: {letter}");
    let day = served.house.today(&served.scope).await.unwrap();
    let id = format!(
        "<digest.{}.{lead}.{day}@plumbline>",
        served.scope.tenant_id()
    );
    assert!(first[1].contains(&id), "{id}");
    for bad in ["<script", "style=", "src="] {
        assert!(!letter.contains(bad), "{bad}");
    }

    // The same day brings no other one, whoever asks for it how often.
    ask_again(&served).await;
    served.idle().await;
    assert!(mailbox.is_empty().await);

    // The next day: priya has stopped it, vic wants it.
    let control = served.house.door().control();
    for (person, wanted) in [(&lead, false), (&viewer, true)] {
        digest_letters::choose(control, &served.scope, person, wanted)
            .await
            .unwrap();
    }
    app.clock.advance_hours(24);
    served.idle().await;
    let second = letters(&mailbox, 2).await;
    assert!(
        is_for(&second[0], "dana") && is_for(&second[1], "vic"),
        "{second:?}"
    );
}

async fn ask_again(served: &Served) {
    use store::jobs::{NewJob, enqueue};
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let job = NewJob::at_once(plumbline::work::DIGEST, "{}".to_owned(), 3);
    enqueue(tenant.store(), tenant.scope(), job).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_sender_was_killed_is_not_sent_again() {
    let mailbox = Mailbox::open().await;
    let app = App::start(7).await;
    let served = Served::with(&app, Hooks::default(), Some(mailer(mailbox.port))).await;
    let lead = person(&served, "priya", Role::Lead(Department::Payables)).await;
    served.idle().await;
    // A worker claimed the letter of priya and was killed; nobody knows whether it had left.
    let day = served.house.today(&served.scope).await.unwrap();
    let (control, now) = (served.house.door().control(), served.house.now());
    let claimed = digest_letters::claim(control, &served.scope, &lead, day, now).await;
    assert!(claimed.unwrap());
    ask_again(&served).await;
    served.idle().await;
    let came = letters(&mailbox, 1).await;
    assert!(is_for(&came[0], "dana"), "{came:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_mail_server_is_away_no_letter_is_lost() {
    let app = App::start(7).await;
    // Nobody listens there.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let served = Served::with(&app, Hooks::default(), Some(mailer(port))).await;
    served.idle().await;
    ask_again(&served).await;
    served.idle().await;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let waiting = store::jobs::jobs(
        tenant.store(),
        tenant.scope(),
        store::jobs::JobState::Waiting,
    );
    let waiting = waiting.await.unwrap();
    let reason = waiting[0].last_error.as_deref();
    assert_eq!(reason, Some("the mail server does not answer"));
    let day = served.house.today(&served.scope).await.unwrap();
    let control = served.house.door().control();
    let owner = store::control::people::account(control, "dana@ridgeline.example").await;
    let owner = owner.unwrap().unwrap().person_id;
    let now = served.house.now();
    let claimed = digest_letters::claim(control, &served.scope, &owner, day, now).await;
    assert!(claimed.unwrap(), "nobody had claimed it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_is_stopped_and_wanted_under_my_account() {
    let app = App::start(7).await;
    let served = Served::of(&app).await;
    let page = served.get("/account").await.body;
    assert!(page.contains("Stop the daily letter"), "{page}");
    served.post("/account/letter", &[("wanted", "no")]).await;
    let page = served.get("/account").await.body;
    assert!(page.contains("Get the daily letter"), "{page}");
    served.post("/account/letter", &[("wanted", "yes")]).await;
    let page = served.get("/account").await.body;
    assert!(page.contains("Stop the daily letter"), "{page}");
}
