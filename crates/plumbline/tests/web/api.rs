//! What the pages for programs answer is what their description says, field by field.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use backoffice::reconcile::receipts::{FigureSide, figure_id};
use figures::Measure;
use jsonschema::Validator;
use plumbline::web::access::Needs;
use plumbline::web::router::routes;
use sandbox::contractor::Plan;
use serde_json::{Value, json};

use super::Served;
use crate::app::App;

/// The description that is served, with what an answer may not hold besides.
struct Described {
    document: Value,
}

impl Described {
    async fn by(served: &Served) -> Self {
        let text = served.get("/api/v1/openapi.json").await.body;
        let mut document: Value = serde_json::from_str(&text).unwrap();
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        for schema in schemas.values_mut() {
            // Programs live with more; here a field that nobody described is a mistake.
            assert_eq!(schema["type"], "object", "{schema}");
            schema["additionalProperties"] = false.into();
        }
        Self { document }
    }

    /// What checks the body of an answer with this status.
    fn body(&self, path: &str, status: StatusCode) -> Validator {
        let pointer = path.replace('/', "~1");
        let status = status.as_u16();
        let pointer =
            format!("/paths/{pointer}/get/responses/{status}/content/application~1json/schema");
        let schema = self.document.pointer(&pointer);
        let schema = schema.unwrap_or_else(|| panic!("{path} does not describe {status}"));
        // The references in it lead into the whole document.
        let mut whole = self.document.clone();
        whole["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        whole["allOf"] = json!([schema]);
        jsonschema::options()
            .should_validate_formats(true)
            .build(&whole)
            .unwrap()
    }
}

/// What a program gets with a token; with none it sends a wrong one.
async fn asked(served: &Served, path: &str, token: &str) -> (StatusCode, Value) {
    let request = Request::get(path)
        .header("host", "127.0.0.1:8420")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let answer = served.send(request).await;
    let body = serde_json::from_str(&answer.body);
    (
        answer.status,
        body.unwrap_or_else(|error| panic!("{error}: {}", answer.body)),
    )
}

async fn token(served: &Served) -> String {
    let form = [("name", "Reports"), ("days", "30")];
    let made = served.post("/account/tokens", &form).await.body;
    let key = made.split("<p class=\"key\"><code>").nth(1);
    key.unwrap().split('<').next().unwrap().to_owned()
}

fn check(validator: &Validator, path: &str, body: &Value) {
    let wrong: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .take(5)
        .collect();
    assert_eq!(wrong, [""; 0], "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_about_the_demo_is_as_the_description_says() {
    let app = App::of(&Plan::demo()).await;
    app.connect().await;
    app.cycle().await;
    let served = Served::of(&app).await;
    let (described, token) = (Described::by(&served).await, token(&served).await);
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let mut figures = Vec::new();
    for job in &books.jobs {
        for measure in Measure::ALL {
            for side in [
                FigureSide::Procore,
                FigureSide::QuickBooks,
                FigureSide::Unexplained,
            ] {
                figures.push(figure_id(job.id, measure, side));
            }
        }
    }
    let mut checked = 0;
    for route in routes() {
        if !matches!(route.needs, Needs::TokenMay(_)) {
            continue;
        }
        let validator = described.body(route.path, StatusCode::OK);
        let paths: Vec<String> = match route.path {
            "/api/v1/worklist" => ["", "?limit=7&offset=3", "?offset=100000"]
                .map(|part| format!("{}{part}", route.path))
                .into(),
            path if path.contains("{id}") => {
                figures.iter().map(|id| path.replace("{id}", id)).collect()
            }
            path => vec![path.to_owned()],
        };
        let mut found = 0;
        for path in paths {
            match asked(&served, &path, &token).await {
                (StatusCode::OK, body) => {
                    check(&validator, &path, &body);
                    found += 1;
                }
                // A measure that a job does not have is no figure.
                (StatusCode::NOT_FOUND, body) => {
                    let refusal = described.body(route.path, StatusCode::NOT_FOUND);
                    check(&refusal, &path, &body);
                }
                (status, body) => panic!("{path}: {status} {body}"),
            }
        }
        assert!(found > 0, "{} was never answered", route.path);
        let refusal = described.body(route.path, StatusCode::UNAUTHORIZED);
        let (status, body) = asked(&served, route.path, "made-up").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        check(&refusal, route.path, &body);
        checked += found;
    }
    assert!(checked > 50, "only {checked} answers were looked at");
    let (_, body) = asked(&served, "/api/v1/worklist", &token).await;
    assert_eq!(body["total"], books.open.len(), "all of the demo is there");
    assert!(!books.open.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_as_described_is_noticed() {
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    let described = Described::by(&served).await;
    let figure = |change: &dyn Fn(&mut Value)| {
        let mut body = json!({
            "id": "bridge.cost.procore:1", "definition": "bridge.cost@1", "value": "1.00",
            "as_of": "2026-11-23", "cycle": 1, "inputs": [],
        });
        change(&mut body);
        described
            .body("/api/v1/figures/{id}", StatusCode::OK)
            .is_valid(&body)
    };
    assert!(figure(&|_| {}));
    assert!(!figure(&|body| body["cycle"] = "1".into()));
    assert!(!figure(&|body| body["as_of"] = "Nov 23".into()));
    assert!(!figure(&|body| body["more"] = 1.into()));
    assert!(!figure(&|body| {
        body.as_object_mut().unwrap().remove("value");
    }));
}
