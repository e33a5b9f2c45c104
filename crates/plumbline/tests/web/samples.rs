use askama::Template;
use plumbline::web::approvals::back::BackPage;
use plumbline::web::approvals::edit::EditPage;
use plumbline::web::approvals::together::TogetherPage;
use plumbline::web::approvals::{ListPage, ProposalPage};
use plumbline::web::audit::AuditPage;
use plumbline::web::connections::{AwayPage, ConnectionsPage, ReadingPanel, SetUpPage};
use plumbline::web::error::ErrorPage;
use plumbline::web::figures::{FigurePage, ReceiptCard};
use plumbline::web::find::FindPage;
use plumbline::web::jobs::{JobPage, JobsPage};
use plumbline::web::matches::MatchesPage;
use plumbline::web::settings::SettingsPage;
use plumbline::web::today::TodayPage;
use plumbline::web::worklist::{ItemPart, WorklistPage};

#[test]
fn every_template_renders_its_sample() {
    let rendered = [
        ("today", TodayPage::sample().render()),
        ("worklist", WorklistPage::sample().render()),
        ("item", ItemPart::sample().render()),
        ("jobs", JobsPage::sample().render()),
        ("job", JobPage::sample().render()),
        ("figure", FigurePage::sample().render()),
        ("receipt", ReceiptCard::sample().render()),
        ("approvals", ListPage::sample().render()),
        ("approval", ProposalPage::sample().render()),
        ("together", TogetherPage::sample().render()),
        ("not taken back", BackPage::sample().render()),
        ("edit a draft", EditPage::sample().render()),
        ("matches", MatchesPage::sample().render()),
        ("find", FindPage::sample().render()),
        ("connections", ConnectionsPage::sample().render()),
        ("away", AwayPage::sample().render()),
        ("set-up", SetUpPage::sample().render()),
        ("reading", ReadingPanel::sample().render()),
        ("audit", AuditPage::sample().render()),
        ("settings", SettingsPage::sample().render()),
        ("error", ErrorPage::sample().render()),
    ];
    for (name, html) in rendered {
        let html = html.unwrap();
        assert!(html.len() > 200, "{name}");
        assert!(!html.contains("{{"), "{name}");
    }
}

#[test]
fn what_a_vendor_typed_is_text_on_the_page() {
    let mut part = ItemPart::sample();
    part.what = "<img src=x onerror=alert(1)>".to_owned();
    let html = part.render().unwrap();
    assert!(!html.contains("<img"), "{html}");
    let mut page = WorklistPage::sample();
    page.find = "\"><script>".to_owned();
    assert!(!page.render().unwrap().contains("\"><script>"));
}
