//! The running server: listeners, TLS, background work, and an orderly end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use argus_http::{operations, router};
use argus_protocol::{Argus, background};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::Config;

/// How long requests may take to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A server that answers.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    argus: Argus,
    handle: Handle<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts listening on a bound socket.
    pub async fn start(argus: Argus, config: &Config, listener: TcpListener) -> Result<Self> {
        let address = listener.local_addr()?;
        let listener = listener.into_std()?;
        let handle = Handle::new();
        let service = router(argus.clone(), config.http.settings.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let mut tasks = vec![tokio::spawn(background::run(argus.clone()))];
        let serving = handle.clone();
        match (&config.http.tls_certificate_file, &config.http.tls_key_file) {
            (Some(certificate), Some(key)) => {
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
                let tls = RustlsConfig::from_pem_file(certificate, key).await.context("cannot read the TLS files")?;
                let server = axum_server::from_tcp_rustls(listener, tls)?.handle(serving);
                tasks.push(tokio::spawn(async move { report(server.serve(service).await) }));
            }
            _ => {
                let server = axum_server::from_tcp(listener)?.handle(serving);
                tasks.push(tokio::spawn(async move { report(server.serve(service).await) }));
            }
        }
        if let Some(listen) = config.operations.listen {
            tasks.push(operations_listener(argus.clone(), listen).await?);
        }
        Ok(Self { address, argus, handle, tasks })
    }

    /// Finishes requests, writes what was acknowledged, ends.
    pub async fn stop(self) {
        self.handle.graceful_shutdown(Some(GRACE));
        let mut tasks = self.tasks.into_iter();
        if let Some(background) = tasks.next() {
            background.abort();
        }
        if let Some(server) = tasks.next() {
            let _ = server.await;
        }
        tasks.for_each(|task| task.abort());
        self.argus.store().close().await;
    }
}

fn report(served: std::io::Result<()>) {
    if let Err(error) = served {
        tracing::error!(%error, "the listener ended");
    }
}

async fn operations_listener(argus: Argus, listen: SocketAddr) -> Result<JoinHandle<()>> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on operations.listen {listen}"))?;
    let metrics = recorder()?;
    let ready = move || {
        let argus = argus.clone();
        async move { argus.store().read().await.is_ok() }
    };
    let router = operations(move || metrics.render(), ready);
    Ok(tokio::spawn(async move { report(axum::serve(listener, router).await) }))
}

fn recorder() -> Result<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().context("metrics are already being recorded in this process")
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(argus: Argus, config: &Config) -> Result<()> {
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let running = Running::start(argus, config, listener).await?;
    tracing::info!(address = %running.address, issuer = config.issuer, "listening");
    wait_for_stop_signal().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Returns when the process is told to stop: SIGTERM or Ctrl-C.
pub(crate) async fn wait_for_stop_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
