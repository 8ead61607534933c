//! Requests and their duration, per endpoint: `argus_http_requests_total` and `argus_http_request_duration_seconds`.
//!
//! Labels are the endpoint's name and the class of the status, never anything a client chose.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, histogram};

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The meters of one endpoint, looked up in the recorder once: at the first request, when the recorder is surely installed.
#[derive(Default)]
pub(crate) struct Meters(OnceLock<(Histogram, [Counter; 5])>);

impl Meters {
    pub(crate) fn record(&self, endpoint: &'static str, status: StatusCode, duration: Duration) {
        let (durations, requests) = self.0.get_or_init(|| {
            let requests = CLASSES.map(|class| counter!("argus_http_requests_total", "endpoint" => endpoint, "status" => class));
            (histogram!("argus_http_request_duration_seconds", "endpoint" => endpoint), requests)
        });
        durations.record(duration.as_secs_f64());
        if let Some(counter) = requests.get(usize::from(status.as_u16() / 100).wrapping_sub(1)) {
            counter.increment(1);
        }
    }
}
