//! What the operator's tools ask, on a listener of its own: `/metrics`, `/healthz`, `/readyz`.
//!
//! Not for the public: metrics tell how busy an installation is.

use std::future::Future;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;

/// The operations router. `metrics` renders the Prometheus text; `ready` says whether requests can be served now.
///
/// `/healthz` answers as long as the process runs its loop: restarting helps when it does not. `/readyz` answers 503 while the
/// node should get no requests, such as when its database is out of reach: restarting would not help.
pub fn operations<M, R, F>(metrics: M, ready: R) -> Router
where
    M: Fn() -> String + Clone + Send + Sync + 'static,
    R: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    let metrics = move || async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics()) };
    let ready =
        move || async move { if ready().await { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") } };
    Router::new().route("/metrics", get(metrics)).route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn answer(ready: bool, path: &str) -> (StatusCode, String) {
        let router = operations(|| "argus_up 1\n".to_owned(), move || async move { ready });
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        (status, String::from_utf8(to_bytes(response.into_body(), 1024).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_path_answers() {
        assert_eq!(answer(true, "/metrics").await, (StatusCode::OK, "argus_up 1\n".into()));
        assert_eq!(answer(false, "/healthz").await, (StatusCode::OK, "ok\n".into()));
        assert_eq!(answer(true, "/readyz").await, (StatusCode::OK, "ready\n".into()));
        assert_eq!(answer(false, "/readyz").await, (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".into()));
    }
}
