//! From options to a client that neither hangs nor repeats what it must not.
//!
//! kube's own retry is off: it repeats every request, a POST, too. Here a request goes out again only when it
//! cannot have been carried out (429, connection refused), or may have been (503, 504) and can be twice
//! without harm: reads, server-side apply, and a delete of one UID. All tries and waits together take no
//! longer than [`ClientOptions::timeout`]. Watches have no such limit; their loop notices silence itself.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode};
use kube::client::{Body, ClientBuilder};
use kube::config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::time::{Instant, sleep, timeout_at};

use super::backoff::{self, BackoffLimits};
use crate::observe::Metrics;

/// How often a request goes out at most.
const TRIES: u32 = 5;
const LIMITS: BackoffLimits =
    BackoffLimits { first: Duration::from_millis(100), longest: Duration::from_secs(2) };
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("berth/", env!("CARGO_PKG_VERSION")));

/// Where the API server is and how long to wait for it.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// A kubeconfig file; `None`: `$KUBECONFIG`, `~/.kube/config`, or the pod's own service account.
    pub kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig; `None`: its current one.
    pub context: Option<String>,
    /// Limit for a connection to be made.
    pub connect_timeout: Duration,
    /// Limit for a whole call, repetitions included; watches excepted.
    pub timeout: Duration,
}

impl Default for ClientOptions {
    /// 5 s to connect, 10 s per call.
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The kubeconfig, or the context in it, cannot be used.
    #[error("kubeconfig cannot be used")]
    Kubeconfig(#[from] KubeconfigError),
    /// Neither a kubeconfig nor a service account was found.
    #[error("no kubeconfig and no service account found")]
    Infer(#[from] InferConfigError),
    /// The client cannot be built, e.g. because a certificate cannot be read.
    #[error("client cannot be built")]
    Build(#[from] kube::Error),
}

/// Makes a client. No request is sent yet.
///
/// # Errors
///
/// When no configuration is found or it cannot be used.
pub async fn client(options: &ClientOptions, metrics: &Metrics) -> Result<Client, ClientError> {
    let mut config = configuration(options).await?;
    config.default_retry = false;
    config.connect_timeout = Some(options.connect_timeout);
    config.headers.push((http::header::USER_AGENT, USER_AGENT));
    let namespace = config.default_namespace.clone();
    let inner = ClientBuilder::try_from(config)?.build();
    let (limit, metrics) = (options.timeout, metrics.clone());
    let service = tower::service_fn(move |request: Request<Body>| {
        let (inner, metrics) = (inner.clone(), metrics.clone());
        async move { send(&inner, request, limit, &metrics).await }
    });
    Ok(Client::new(service, namespace))
}

async fn configuration(options: &ClientOptions) -> Result<Config, ClientError> {
    let choice = KubeConfigOptions { context: options.context.clone(), ..KubeConfigOptions::default() };
    Ok(match (&options.kubeconfig, &options.context) {
        (Some(path), _) => Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &choice).await?,
        (None, Some(_)) => Config::from_kubeconfig(&choice).await?,
        (None, None) => Config::infer().await?,
    })
}

/// Sends a request, again if need be, and reads the whole answer within `limit`.
async fn send(
    client: &Client,
    request: Request<Body>,
    limit: Duration,
    metrics: &Metrics,
) -> Result<Response<Body>, kube::Error> {
    if is_stream(&request) {
        return client.send(request).await;
    }
    let deadline = Instant::now() + limit;
    let (parts, body) = request.into_parts();
    let body = body.collect_bytes().await?;
    let may_repeat = is_repeatable(&parts, &body);
    let mut tries = 1;
    loop {
        let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let answer = timeout_at(deadline, once(client, request)).await.unwrap_or_else(|_| {
            Err(kube::Error::Service(format!("no answer to {} within {limit:?}", parts.method).into()))
        });
        let pause = again(&answer, may_repeat, is_eviction(&parts), tries);
        match pause {
            // A wait that would not leave time for a try is not worth it.
            Some(pause) if Instant::now() + pause < deadline => sleep(pause).await,
            _ => return answer,
        }
        metrics.retried();
        tries += 1;
    }
}

/// One try, with the answer read to its end: a stalled body is a stalled call.
async fn once(client: &Client, request: Request<Body>) -> Result<Response<Body>, kube::Error> {
    let (parts, body) = client.send(request).await?.into_parts();
    Ok(Response::from_parts(parts, Body::from(body.collect_bytes().await?)))
}

/// How long to wait before the request goes out again; `None`: it does not.
fn again(
    answer: &Result<Response<Body>, kube::Error>,
    may_repeat: bool,
    eviction: bool,
    tries: u32,
) -> Option<Duration> {
    if tries >= TRIES {
        return None;
    }
    let pause = backoff::delay(LIMITS, tries);
    match answer {
        Ok(answer) => {
            let repeat = match answer.status() {
                // To an eviction it is the answer: a disruption budget forbids it.
                StatusCode::TOO_MANY_REQUESTS => !eviction,
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => may_repeat,
                _ => false,
            };
            repeat.then(|| pause.max(retry_after(answer)))
        }
        Err(error) => is_refused(error).then_some(pause),
    }
}

fn retry_after(answer: &Response<Body>) -> Duration {
    let header = answer.headers().get(http::header::RETRY_AFTER);
    let seconds = header.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// Whether carrying out the request twice does the same as once.
fn is_repeatable(parts: &http::request::Parts, body: &[u8]) -> bool {
    match parts.method {
        Method::GET | Method::HEAD => true,
        Method::PATCH => parts
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/apply-patch")),
        Method::DELETE => serde_json::from_slice::<serde_json::Value>(body)
            .is_ok_and(|options| options.pointer("/preconditions/uid").is_some_and(|uid| uid.is_string())),
        _ => false,
    }
}

/// Watches and followed logs, which end when they end.
fn is_stream(request: &Request<Body>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').any(|pair| matches!(pair, "watch=true" | "follow=true"))
}

fn is_eviction(parts: &http::request::Parts) -> bool {
    parts.uri.path().ends_with("/eviction")
}

/// Whether nobody listened: the request was not even sent.
fn is_refused(error: &kube::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::ConnectionRefused
        {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
