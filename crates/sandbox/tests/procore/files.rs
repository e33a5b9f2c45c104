//! Downloads by way of a second origin.

use reqwest::Method;
use sandbox::procore::{Level, Principal};
use serde_json::json;

use super::books::CLINIC;
use super::client::{Client, read};

async fn link(client: &Client) -> String {
    let file = client
        .get(&format!("/rest/v1.0/files/300900?project_id={CLINIC}"))
        .await;
    file.body["file_versions"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_download_is_redirected_to_an_origin_that_refuses_the_token() {
    let client = Client::start().await;
    client
        .server
        .put_file("COI-Brightline.pdf", b"%PDF-1.7 policy".to_vec());
    let url = link(&client).await;
    let redirect = read(client.request(Method::GET, &url).send().await.unwrap()).await;
    assert_eq!(redirect.status, 302);
    let target = redirect.header("location").to_owned();
    assert!(target.starts_with(client.server.files_url()));
    let leaked = client
        .http
        .get(&target)
        .bearer_auth(&client.token)
        .send()
        .await
        .unwrap();
    assert_eq!(leaked.status(), 400);
    let content = client
        .http
        .get(&target)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(&content[..], b"%PDF-1.7 policy");
    let anonymous = client.http.get(&url).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
}

#[tokio::test]
async fn links_expire_and_attachments_carry_links_of_this_server() {
    let client = Client::start().await;
    let url = link(&client).await;
    client.server.advance(900);
    assert_eq!(client.get(&url).await.status, 404);
    let shown = client
        .get(&format!(
            "/rest/v1.1/requisitions/1280646?project_id={CLINIC}&view=extended"
        ))
        .await;
    let attachment = shown.body["attachments"][0]["url"].as_str().unwrap();
    assert!(attachment.starts_with(client.server.api_url()));
    assert_eq!(client.get(attachment).await.status, 302);
}

#[tokio::test]
async fn folders_come_one_level_at_a_time() {
    let client = Client::start().await;
    let root = client
        .get(&format!("/rest/v1.0/folders?project_id={CLINIC}"))
        .await;
    assert_eq!(root.body["folders"][0]["id"], 300_101);
    assert_eq!(root.body["folders"][0]["files"], serde_json::json!([]));
    let folder = client
        .get(&format!("/rest/v1.0/folders/300101?project_id={CLINIC}"))
        .await;
    assert_eq!(folder.body["files"][0]["name"], "COI-Brightline.pdf");
}

#[tokio::test]
async fn a_file_is_moved_and_renamed_only_with_the_right_to_do_so() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/files/300900?project_id={CLINIC}");
    let body = json!({"file": {"name": "COI-2026.pdf", "parent_id": 300_100}});
    assert_eq!(client.send(Method::PATCH, &path, &body).await.status, 403);
    client
        .server
        .set_level(Principal::User, Some(CLINIC), "documents", Level::Admin);
    let moved = client.send(Method::PATCH, &path, &body).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(moved.body["name"], "COI-2026.pdf");
    let flat = client
        .rows(&format!(
            "/rest/v2.0/projects/{CLINIC}/documents?filters[folder_id]=300100"
        ))
        .await;
    assert!(flat.iter().any(|row| row["id"] == "300900"));
}
