//! The running server: listeners, TLS, background work, and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use argus_http::{operations, router};
use argus_protocol::{Argus, background};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::Config;

/// How long requests may take to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long a connection may take to send the head of a request; also ends connections nobody uses.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How often recorded metrics are folded together, whether somebody reads them or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// A server that answers.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    argus: Argus,
    handle: Handle<SocketAddr>,
    server: JoinHandle<()>,
    background: JoinHandle<()>,
    operations: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts listening on a bound socket.
    pub async fn start(argus: Argus, config: &Config, listener: TcpListener) -> Result<Self> {
        let address = listener.local_addr()?;
        // First, so that no request goes uncounted.
        let operations = match config.operations.listen {
            Some(listen) => Some(operations_listener(argus.clone(), listen).await?),
            None => None,
        };
        let background = tokio::spawn(background::run(argus.clone()));
        let handle = Handle::new();
        let server = main_listener(&argus, config, listener.into_std()?, handle.clone()).await?;
        Ok(Self { address, argus, handle, server, background, operations })
    }

    /// Finishes requests, writes what was acknowledged, ends.
    pub async fn stop(self) {
        self.handle.graceful_shutdown(Some(GRACE));
        let _ = self.server.await;
        self.background.abort();
        if let Some(operations) = self.operations {
            operations.abort();
        }
        background::finish(&self.argus).await;
        self.argus.store().close().await;
    }
}

async fn main_listener(
    argus: &Argus,
    config: &Config,
    listener: std::net::TcpListener,
    handle: Handle<SocketAddr>,
) -> Result<JoinHandle<()>> {
    let service = router(argus.clone(), config.http.settings.clone()).into_make_service_with_connect_info::<SocketAddr>();
    Ok(match (&config.http.tls_certificate_file, &config.http.tls_key_file) {
        (Some(certificate), Some(key)) => {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            let tls = RustlsConfig::from_pem_file(certificate, key).await.context("cannot read the TLS files")?;
            let mut only_http1 = ServerConfig::clone(&tls.get_inner());
            only_http1.alpn_protocols = vec![b"http/1.1".to_vec()];
            tls.reload_from_config(Arc::new(only_http1));
            let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle);
            *server.http_builder() = connections();
            tokio::spawn(async move { report(server.serve(service).await) })
        }
        _ => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            *server.http_builder() = connections();
            tokio::spawn(async move { report(server.serve(service).await) })
        }
    })
}

/// HTTP/1.1, where a connection has to send something in time from its first moment on. HTTP/2 has no such limit, so that a few
/// hundred silent connections could take every place; a proxy in front may offer it.
fn connections() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT);
    builder
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
        async move { argus.store().ping().await.is_ok() }
    };
    let upkeep = metrics.clone();
    let router = operations(move || metrics.render(), ready);
    Ok(tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP);
        let keep_up = async {
            loop {
                tick.tick().await;
                upkeep.run_upkeep();
            }
        };
        tokio::select! {
            served = axum::serve(listener, router) => report(served),
            () = keep_up => {}
        }
    }))
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
