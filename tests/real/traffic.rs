//! Requests: from outside through a target group's address, and from a pod by a name.

use super::site::{Site, phase, until};
use k8s_openapi::api::core::v1::Pod;
use kube::api::PostParams;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testbed::image::testapp_program;
use testbed::load::{Load, LoadReport};

/// Requests a second from outside.
pub const RATE: u32 = 60;

/// Once the address answers, requests through it.
pub async fn constant(address: &str, keep_alive: bool) -> Load {
    until(&format!("{address} answers"), 20, || async { get(address) }).await;
    let load = if keep_alive { Load::start_keep_alive(address, RATE) } else { Load::start(address, RATE) };
    load.unwrap()
}

/// The end of a load of which no request may have failed.
pub async fn unharmed(what: &str, load: Load) -> LoadReport {
    let seen = load.stop().await.unwrap();
    println!("                  {what}: {}", figures(&seen));
    assert_eq!(seen.failed, 0, "{what}: {seen:#?}");
    assert!(seen.ok > 100, "{what}: {seen:#?}");
    seen
}

pub fn figures(seen: &LoadReport) -> String {
    format!(
        "{} ok, {} failed, {} sent again, {:.0} s, p50 {} p99 {} max {} ms",
        seen.ok, seen.failed, seen.retried, seen.seconds, seen.millis.p50, seen.millis.p99, seen.millis.max
    )
}

/// What a URL says, asked from this host.
pub fn get(url: &str) -> Option<String> {
    let output = Command::new(testapp_program().unwrap()).args(["get", url]).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// The seconds since 1970, as the load's report has them.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A pod that asks a URL all the time.
pub struct Client<'a> {
    site: &'a Site<'a>,
}

impl<'a> Client<'a> {
    /// Starts it; 20 requests a second.
    pub async fn start(site: &'a Site<'a>, url: &str) -> Self {
        let pod = json!({
            "metadata": {"name": "client"},
            "spec": {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 1,
                "containers": [{
                    "name": "load",
                    "image": "localhost/testapp:v1",
                    "args": ["load", url, "--rate", "20", "--duration", "300", "--stop-file", "/tmp/stop"],
                }],
            },
        });
        let pod: Pod = serde_json::from_value(pod).unwrap();
        site.api::<Pod>().create(&PostParams::default(), &pod).await.unwrap();
        until("the client runs", 30, || async {
            (phase(&site.api::<Pod>().get("client").await.unwrap()) == "Running").then_some(())
        })
        .await;
        Self { site }
    }

    /// Ends it; what it saw.
    pub async fn stop(self, what: &str) -> LoadReport {
        self.site.kubectl(&["exec", "client", "--", "testapp", "write", "/tmp/stop", "now"]).await;
        self.site.ended("client", 20).await;
        let report: LoadReport = serde_json::from_str(&self.site.kubectl(&["logs", "client"]).await).unwrap();
        self.site.kubectl(&["delete", "pod", "client", "--wait=false"]).await;
        println!("                  {what}: {}", figures(&report));
        assert_eq!(report.failed, 0, "{what}: {report:#?}");
        report
    }
}

/// For a moment.
pub async fn pause(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}
