//! Creating, changing, voiding and deleting, as the vendor does it.

use sandbox::quickbooks::{Config, REALM_ID};
use serde_json::{Value, json};

use crate::client::{Client, bill, code, config};

#[tokio::test]
async fn lines_left_out_of_an_update_are_lost_without_a_warning() {
    let client = Client::open(config(), None).await;
    let mut two = bill("10", "L-1", "2026-11-01");
    let second = two["Line"][0].clone();
    two["Line"].as_array_mut().unwrap().push(second);
    let (_, made) = client.post("bill", two).await;
    let bill_id = made["Bill"]["Id"].clone();
    let first = json!({"Id": "1", "Amount": 10, "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "51"}}});
    let update = json!({"Id": bill_id, "SyncToken": "0", "sparse": true, "Line": [first]});
    let (status, refused) = client.post("bill", update.clone()).await;
    assert_eq!((status, code(&refused)), (400, "2020"));
    let mut update = update;
    update["VendorRef"] = json!({"value": "72"});
    let (status, changed) = client.post("bill", update.clone()).await;
    assert_eq!(status, 200);
    let lines = changed["Bill"]["Line"].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].get("Description").is_none());
    assert_eq!(changed["Bill"]["DocNumber"], "L-1");
    assert_eq!(changed["Bill"]["TotalAmt"].to_string(), "10");
    assert_eq!(code(&client.post("bill", update).await.1), "5010");
}

#[tokio::test]
async fn voids_that_pretend_to_work_change_nothing() {
    let client = Client::open(config(), None).await;
    let (_, made) = client.post("bill", bill("10", "V-1", "2026-11-01")).await;
    let target = json!({"Id": made["Bill"]["Id"], "SyncToken": "0"});
    let (status, body) = client.post("bill?operation=void", target).await;
    assert_eq!((status, code(&body)), (200, "10000"));
    let entry = json!({"Line": [
        {"Amount": 5, "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "51"}}},
        {"Amount": 5, "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "35"}}}]});
    let (_, made) = client.post("journalentry", entry).await;
    let target = json!({"Id": made["JournalEntry"]["Id"], "SyncToken": "0"});
    let (status, body) = client.post("journalentry?operation=void", target).await;
    assert_eq!(
        (status, body["BatchItemResponse"].to_string()),
        (200, "[]".to_owned())
    );
    let target = json!({"Id": "1", "SyncToken": "0"});
    let (status, body) = client.post("purchase?operation=void", target).await;
    assert_eq!((status, code(&body)), (400, "500"));
}

#[tokio::test]
async fn closed_periods_refuse_every_change_of_their_transactions() {
    let client = Client::open(config(), None).await;
    let (_, made) = client.post("bill", bill("10", "C-1", "2026-09-15")).await;
    client
        .server
        .set_closing_date(REALM_ID, Some("2026-09-30".parse().unwrap()));
    let (_, preferences) = client.get("preferences").await;
    assert_eq!(
        preferences["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"],
        "2026-09-30"
    );
    assert_eq!(
        code(&client.post("bill", bill("1", "C-2", "2026-09-30")).await.1),
        "6200"
    );
    assert_eq!(
        client.post("bill", bill("1", "C-2", "2026-10-01")).await.0,
        200
    );
    let target = json!({"Id": made["Bill"]["Id"], "SyncToken": "0"});
    assert_eq!(
        code(&client.post("bill?operation=delete", target).await.1),
        "6200"
    );
}

#[tokio::test]
async fn deposited_payments_are_locked_and_return_when_the_deposit_goes() {
    let client = Client::open(config(), None).await;
    let payment = json!({"CustomerRef": {"value": "58"}, "TotalAmt": 90});
    let (_, made) = client.post("payment", payment).await;
    let id = made["Payment"]["Id"].clone();
    let deposit = json!({"DepositToAccountRef": {"value": "35"}, "Line": [
        {"Amount": 90, "LinkedTxn": [{"TxnId": id, "TxnType": "Payment", "TxnLineId": 0}]}]});
    let (status, made) = client.post("deposit", deposit).await;
    assert_eq!(status, 200, "{made}");
    let path = format!("payment/{}", id.as_str().unwrap());
    let (_, locked) = client.get(&path).await;
    assert_eq!(locked["Payment"]["LinkedTxn"][0]["TxnType"], "Deposit");
    let target = json!({"Id": id, "SyncToken": locked["Payment"]["SyncToken"]});
    assert_eq!(
        code(&client.post("payment?operation=delete", target).await.1),
        "6540"
    );
    let target = json!({"Id": made["Deposit"]["Id"], "SyncToken": "0"});
    assert_eq!(client.post("deposit?operation=delete", target).await.0, 200);
    let (_, free) = client.get(&path).await;
    assert_eq!(free["Payment"]["LinkedTxn"], json!([]));
    let target = json!({"Id": id, "SyncToken": free["Payment"]["SyncToken"]});
    let (status, gone) = client.post("payment?operation=delete", target).await;
    assert_eq!(
        (status, gone["Payment"]["status"].as_str()),
        (200, Some("Deleted"))
    );
}

#[tokio::test]
async fn deactivated_names_are_renamed_hidden_and_unusable() {
    let client = Client::open(config(), None).await;
    let off = json!({"Id": "73", "SyncToken": "0", "sparse": true, "Active": false});
    let (_, changed) = client.post("vendor", off).await;
    assert_eq!(
        changed["Vendor"]["DisplayName"],
        "Northfork Electric (deleted)"
    );
    let listed = client.query("select * from Vendor").await;
    assert_eq!(listed["Vendor"].as_array().unwrap().len(), 1);
    let all = client
        .query("select * from Vendor where Active in (true,false)")
        .await;
    assert_eq!(all["Vendor"].as_array().unwrap().len(), 2);
    let mut order = bill("1", "D-1", "2026-11-01");
    order["VendorRef"]["value"] = json!("73");
    assert_eq!(code(&client.post("bill", order).await.1), "2500");
    let target = json!({"Id": "72", "SyncToken": "0"});
    assert_eq!(
        code(&client.post("vendor?operation=delete", target).await.1),
        "500"
    );
}

#[tokio::test]
async fn the_requests_of_node_quickbooks_are_understood() {
    let client = Client::open(config(), None).await;
    let found = client
        .get("query?query=select%20*%20from%20customer%20where%20Job%20%3D%20true%20startposition%201%20maxresults%205&minorversion=75&format=json")
        .await
        .1;
    assert_eq!(found["QueryResponse"]["Customer"][0]["Id"], "61");
    assert_eq!(found["QueryResponse"]["maxResults"].to_string(), "1");
    let changed = json!({"Id": "72", "SyncToken": "0", "sparse": true, "AcctNum": "RB-2210"});
    let (status, changed) = client
        .post("vendor?operation=update&minorversion=75", changed)
        .await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["Vendor"]["CompanyName"], "Cascade Ready Mix");
    let (_, made) = client.post("bill", bill("3", "N-1", "2026-11-01")).await;
    let (status, gone) = client
        .post("bill?operation=delete", made["Bill"].clone())
        .await;
    assert_eq!(
        (status, gone["Bill"]["status"].as_str()),
        (200, Some("Deleted"))
    );
    let path = "reports/TrialBalance?start_date=2026-01-01&&minorversion=75";
    assert_eq!(
        client.get(path).await.1["Header"]["ReportName"],
        "TrialBalance"
    );
    let body = "--X\r\nContent-Disposition: form-data; name=\"file_content_01\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--X--\r\n";
    let uploaded: Value = client
        .request(reqwest::Method::POST, "upload")
        .header("content-type", "multipart/form-data; boundary=X")
        .body(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let attachable = &uploaded["AttachableResponse"][0]["Attachable"];
    assert_eq!(attachable["FileName"], "a.txt");
    let link = json!({"Id": attachable["Id"], "SyncToken": "0", "FileName": "a.txt",
        "AttachableRef": [{"EntityRef": {"type": "Vendor", "value": "72"}}]});
    let (status, linked) = client.post("attachable?operation=update", link).await;
    assert_eq!(
        (status, linked["Attachable"]["SyncToken"].as_str()),
        (200, Some("1"))
    );
    assert_eq!(code(&client.post("attachable", json!({})).await.1), "6000");
}

#[tokio::test]
async fn batch_items_fault_alone_and_do_not_see_each_other() {
    let client = Client::open(
        Config {
            shuffle_batches: true,
            ..config()
        },
        None,
    )
    .await;
    let items = json!({"BatchItemRequest": [
        {"bId": "a", "operation": "create", "Bill": bill("1", "B-1", "2026-11-01")},
        {"bId": "b", "operation": "delete", "Bill": {"Id": "999", "SyncToken": "0"}},
        {"bId": "c", "Query": "select count(*) from Bill"},
        {"bId": "d", "operation": "create", "Bill": bill("1", "B-2", "2026-11-01")}]});
    let (status, body) = client.post("batch", items.clone()).await;
    assert_eq!(status, 200);
    let item = |id: &str| {
        let rows = body["BatchItemResponse"].as_array().unwrap();
        rows.iter().find(|row| row["bId"] == id).unwrap().clone()
    };
    assert_eq!(item("b")["Fault"]["Error"][0]["code"], "610");
    assert_eq!(item("c")["QueryResponse"]["totalCount"].to_string(), "0");
    assert_eq!(item("a")["Bill"]["TotalAmt"], item("d")["Bill"]["TotalAmt"]);
    let meter = client.server.meter();
    assert_eq!((meter.core, meter.core_plus), (3, 1));
    let long = "x".repeat(37);
    assert_eq!(
        code(
            &client
                .post(&format!("batch?requestid={long}"), items)
                .await
                .1
        ),
        "2130"
    );
}
