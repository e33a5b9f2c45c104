//! Companies that page as the reference warns: no paging by id, ids in the order of text, counts
//! that do not fit. A small responder stands in, because the sandbox is better behaved.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::support::{Kept, MemoryVault, QuickClock, conditions};
use connectors::fetch::Completeness;
use connectors::http::{Clock, Limits};
use connectors::oauth::{Application, Connection, Secret, Standing, StoredTokens, TokenVault};
use connectors::quickbooks::client::{Client, Environment};
use connectors::quickbooks::fetch::{Plan, all};
use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// How the stand-in pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// `Id >` is refused with 4001.
    RefusesIds,
    /// Ids are compared and sorted as text.
    IdsAsText,
    /// The count names one row too many.
    CountsOneMore,
}

const TIME: &str = "2026-11-20T09:15:02.114-08:00";

fn answer(manner: Manner, url: &Url) -> (u16, String) {
    if url.path().contains("/companyinfo/") {
        return (
            200,
            format!(r#"{{"CompanyInfo":{{"Id":"1"}},"time":"{TIME}"}}"#),
        );
    }
    if url.path().ends_with("/cdc") {
        return (
            200,
            format!(r#"{{"CDCResponse":[{{"QueryResponse":[{{}}]}}],"time":"{TIME}"}}"#),
        );
    }
    let statement = url
        .query_pairs()
        .find(|(name, _)| name == "query")
        .unwrap()
        .1
        .into_owned();
    let mut ids: Vec<u64> = (1..=25).collect();
    if statement.contains("count(*)") {
        let count = ids.len() + usize::from(manner == Manner::CountsOneMore);
        return (
            200,
            format!(r#"{{"QueryResponse":{{"totalCount":{count}}},"time":"{TIME}"}}"#),
        );
    }
    let after = |word: &str| {
        let rest = statement.split(word).nth(1)?;
        rest.trim_start_matches([' ', '\''])
            .split([' ', '\''])
            .next()?
            .parse::<u64>()
            .ok()
    };
    if let Some(last) = after("Id >") {
        match manner {
            Manner::RefusesIds => {
                let fault = r#"{"Fault":{"Error":[{"Message":"Invalid query","Detail":"property Id is not queryable","code":"4001"}],"type":"ValidationFault"}}"#;
                return (400, fault.to_owned());
            }
            Manner::IdsAsText => {
                ids.retain(|id| id.to_string() > last.to_string());
                ids.sort_by_key(u64::to_string);
            }
            Manner::CountsOneMore => ids.retain(|id| *id > last),
        }
    } else if manner == Manner::IdsAsText {
        ids.sort_by_key(u64::to_string);
    }
    let start = after("startposition").unwrap_or(1) as usize - 1;
    let rows = after("maxresults").unwrap_or(100) as usize;
    let rows: Vec<String> = ids
        .iter()
        .skip(start)
        .take(rows)
        .map(|id| format!(r#"{{"Id":"{id}"}}"#))
        .collect();
    let list = if rows.is_empty() {
        String::new()
    } else {
        format!(r#""Bill":[{}]"#, rows.join(","))
    };
    (
        200,
        format!(r#"{{"QueryResponse":{{{list}}},"time":"{TIME}"}}"#),
    )
}

async fn stand_in(manner: Manner) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let base = Url::parse(&origin).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            let mut buffer = [0_u8; 4096];
            while !head.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut buffer).await.unwrap();
                head.extend_from_slice(&buffer[..read]);
            }
            let head = String::from_utf8(head).unwrap();
            let url = base.join(head.split(' ').nth(1).unwrap()).unwrap();
            let (status, body) = answer(manner, &url);
            let text = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    });
    origin
}

async fn read(manner: Manner) -> (Kept, connectors::fetch::Summary) {
    let origin = stand_in(manner).await;
    let environment = Environment::local(&origin).unwrap();
    let start: Timestamp = TIME.parse().unwrap();
    let clock = QuickClock::at(start);
    let vault = MemoryVault::new();
    vault
        .save(StoredTokens {
            standing: Standing::Connected,
            access: Some(Secret::new("access".to_owned())),
            refresh: Some(Secret::new("refresh".to_owned())),
            obtained_at: start,
            expires_at: start + SignedDuration::from_hours(24),
            ..StoredTokens::none()
        })
        .await
        .unwrap();
    let application = Application {
        system: System::QuickBooks,
        client_id: "id".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        redirect_uri: String::new(),
        endpoints: environment.endpoints.clone(),
    };
    let connection = Connection::of_person(
        application,
        Arc::clone(&vault) as Arc<dyn TokenVault>,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Limits::default(),
    )
    .unwrap();
    let client = Client::open(
        &environment,
        "934145",
        Arc::new(connection),
        conditions(&clock),
    )
    .unwrap();
    let plan = Plan {
        entities: vec![SmolStr::new_static("Bill")],
        page_rows: 4,
    };
    let mut kept = Kept::default();
    let summary = all(&client, &plan, &mut kept).await.unwrap();
    (kept, summary)
}

fn is_whole(kept: &Kept) -> bool {
    let mut ids: Vec<u64> = kept
        .ids("Bill")
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    ids.sort_unstable();
    ids == (1..=25).collect::<Vec<u64>>()
        && kept.verdict("Bill") == Some(&Completeness::Whole { records: 25 })
}

#[tokio::test]
async fn a_company_that_refuses_paging_by_id_is_read_by_position() {
    let (kept, summary) = read(Manner::RefusesIds).await;
    assert!(is_whole(&kept) && summary.incomplete.is_empty());
}

#[tokio::test]
async fn ids_compared_as_text_lose_no_row() {
    let (kept, summary) = read(Manner::IdsAsText).await;
    assert!(
        is_whole(&kept) && summary.incomplete.is_empty(),
        "{:?}",
        kept.verdicts
    );
}

#[tokio::test]
async fn a_count_that_does_not_fit_is_read_twice_and_then_named_incomplete() {
    let (kept, summary) = read(Manner::CountsOneMore).await;
    assert_eq!(kept.ids("Bill").len(), 25, "what came is delivered");
    let [incomplete] = &summary.incomplete[..] else {
        panic!("{summary:?}")
    };
    assert_eq!(incomplete.resource, "Bill");
    assert_eq!(
        incomplete.reason,
        "QuickBooks counted 26 before and 26 after, and gave 25"
    );
}

#[test]
fn a_machine_without_certificates_reads_its_own_sandbox() {
    let test = "paging::ids_compared_as_text_lose_no_row";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("SSL_CERT_FILE", "no-such-file")
        .env("SSL_CERT_DIR", "no-such-folder")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
