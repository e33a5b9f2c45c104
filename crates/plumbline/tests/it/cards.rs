//! The names that are kept with a result.

use plumbline::web::tenant_view::TenantView;
use store::results::{self, Cards};

use crate::app::App;

#[tokio::test(flavor = "multi_thread")]
async fn the_kept_names_are_read_and_are_those_that_the_mirror_gives() {
    let app = App::start(7).await;
    app.cycle().await;
    let desk = app.desk().await;
    let (store, scope) = (&desk.store, &desk.scope);
    let form = 1;
    let body = results::cards(store, scope, 1, form)
        .await
        .unwrap()
        .unwrap();
    let keep = async |form: i64, body: String| {
        let result = 1;
        let cards = Cards { result, form, body };
        results::keep_cards(store, scope, cards).await.unwrap();
        TenantView::load(&desk).await.unwrap().books.unwrap()
    };

    let kept = keep(form, body.clone()).await;
    assert!(kept.cards.len() > 50, "{}", kept.cards.len());
    for anew in [
        keep(form + 1, body.clone()).await,
        keep(form, "{".to_owned()).await,
    ] {
        assert_eq!(anew.cards, kept.cards);
        let jobs = |jobs: &[plumbline::web::tenant_view::Job]| -> Vec<(i64, String, String)> {
            let named = jobs
                .iter()
                .map(|job| (job.id, job.number.clone(), job.name.clone()));
            named.collect()
        };
        assert_eq!(jobs(&anew.jobs), jobs(&kept.jobs));
    }

    let other = keep(form, body.replace("\"name\":\"bill ", "\"name\":\"a bill ")).await;
    assert!(
        other
            .cards
            .values()
            .any(|card| card.name.starts_with("a bill "))
    );
    desk.close().await;
}
