//! Edits that roll while requests arrive.

use super::documents::{app, definition, discovery, health_check, merged, reachable, service};
use super::site::Site;
use super::traffic::{self, Client, constant, pause, unharmed};
use serde_json::json;

/// ECS's defaults: all healthy all the time, at most twice as many. Asked through the target group's address
/// and by the discovery's name at the same time.
pub async fn doubling(site: Site<'_>) {
    site.create(json!({})).await;
    let more = merged(reachable("web"), json!({"kubernetes": {"deregistrationDelaySeconds": 8}}));
    let check = json!({"healthCheck": health_check()});
    site.apply(&[definition("web", &[app(check)]), service("web", 3, more), discovery("web")]).await;
    let up = site.steady("web", 1).await;
    let client = Client::start(&site, "http://web:8080/").await;
    let load = constant(&site.address("web-tg").await, false).await;
    site.edit("web", "v2").await;
    let rolled = site.steady("web", 2).await;
    // Until the last of the old ones has drained.
    pause(11.0).await;
    let seen = unharmed("100/200, new connections", load).await;
    assert!(seen.versions["v1"] > 0 && seen.versions["v2"] > 0, "{seen:#?}");
    let named = client.stop("100/200, by the discovery's name").await;
    assert!(named.versions["v1"] > 0 && named.versions["v2"] > 0, "{named:#?}");
    println!("                  up in {up:.1?}, rolled in {rolled:.1?}");
}

/// One leaves before the next comes: `minimumHealthyPercent` 50, `maximumPercent` 100, over connections that
/// are kept open and over new ones.
pub async fn halving(site: Site<'_>) {
    site.create(json!({})).await;
    let more = json!({
        "kubernetes": {"deregistrationDelaySeconds": 5},
        "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 100},
    });
    site.apply(&[definition("web", &[app(json!({}))]), service("web", 3, merged(reachable("web"), more))])
        .await;
    site.apply(&[discovery("web")]).await;
    site.steady("web", 1).await;
    let address = site.address("web-tg").await;
    let (kept, new) = (constant(&address, true).await, constant(&address, false).await);
    site.edit("web", "v2").await;
    let rolled = site.steady("web", 2).await;
    pause(8.0).await;
    let kept = traffic::unharmed("50/100, kept connections", kept).await;
    let new = unharmed("50/100, new connections", new).await;
    for seen in [kept, new] {
        assert!(seen.versions["v1"] > 0 && seen.versions["v2"] > 0, "{seen:#?}");
    }
    println!("                  rolled in {rolled:.1?}");
}
