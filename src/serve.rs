//! `/livez`, `/readyz` and `/metrics` over HTTP.
//!
//! Neither probe asks about leadership: a standby is ready, or a rolling update of Berth itself would wait
//! for ever for a second leader. No user data is served, and nothing is read from requests.

use std::fmt::Debug;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::observe::{self, Metrics, Pulses};

/// What the probes report.
#[derive(Clone)]
pub struct Health {
    pulses: Pulses,
    metrics: Metrics,
    waiting: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("pulses", &self.pulses).finish_non_exhaustive()
    }
}

impl Health {
    /// Alive while no loop in `pulses` is silent; ready while `waiting` names nothing.
    pub fn new(
        pulses: Pulses,
        metrics: Metrics,
        waiting: impl Fn() -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        Self { pulses, metrics, waiting: Arc::new(waiting) }
    }
}

/// Serves until `cancel`, then lets requests under way end.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(listener: TcpListener, health: Health, cancel: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(health)).with_graceful_shutdown(cancel.cancelled_owned()).await
}

fn router(health: Health) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn livez(State(health): State<Health>) -> impl IntoResponse {
    probe("silent", &health.pulses.silent())
}

async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    probe("waiting for", &(health.waiting)())
}

async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    ([(CONTENT_TYPE, observe::CONTENT_TYPE)], health.metrics.encode())
}

fn probe(what: &str, problems: &[String]) -> (StatusCode, String) {
    if problems.is_empty() {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    let lines: String = problems.iter().map(|problem| format!("{what} {problem}\n")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(health: &Health, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router(health.clone()).oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn probes_name_what_is_wrong() {
        let pulses = Pulses::default();
        let health = Health::new(pulses.clone(), Metrics::new(), || vec!["Pod.: not listed yet".into()]);
        let pulse = pulses.register("watch of Pod", Duration::from_secs(60));
        assert_eq!(ask(&health, "/livez").await, (StatusCode::OK, "ok\n".into()));
        let (status, text) = ask(&health, "/readyz").await;
        assert_eq!(
            (status, text.as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "waiting for Pod.: not listed yet\n")
        );
        tokio::time::advance(Duration::from_secs(61)).await;
        let (status, text) = ask(&health, "/livez").await;
        assert_eq!((status, text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "silent watch of Pod\n"));
        pulse.beat();
        assert_eq!(ask(&health, "/livez").await.0, StatusCode::OK);
        let (status, text) = ask(&health, "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("berth_build_info"), "{text}");
        assert_eq!(ask(&health, "/debug").await.0, StatusCode::NOT_FOUND);
    }
}
