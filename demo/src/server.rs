//! The server. It listens on one port of 127.0.0.1 until it is told to stop.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::certificate;
use crate::config::Config;
use crate::site;

/// How long a client may take over a TLS handshake, or over the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long running requests may take after the server is told to stop.
const LAST_ORDERS: Duration = Duration::from_secs(3);

/// Serves the site. Writes the certificate of HTTPS to a file, if one is given.
///
/// The error is a sentence for the person who started the demo.
pub async fn serve(config: Config, certificate: Option<&Path>) -> Result<(), String> {
    let tls = if config.https { Some(certificate::acceptor(certificate)?) } else { None };
    let stop = told_to_stop().map_err(|error| format!("signals cannot be handled: {error}"))?;
    let mut stop = std::pin::pin!(stop);
    let listener = listen(config.port).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let origin = format!("{}://{address}", if config.https { "https" } else { "http" });
    let site = site::router(config, &origin)?;
    // An error is ignored: the server also runs if nobody reads its output.
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "listening on {origin}/").and_then(|()| stdout.flush());
    if tls.is_some() {
        eprintln!(
            "The certificate is new, so a browser warns of it once. It binds sessions to the device only if it trusts \
             the certificate:\n--certificate FILE writes it to a file, and the browser's settings import it from there."
        );
    }

    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Usually no file descriptor is free. Other connections will be closed while this waits.
                Err(error) => {
                    eprintln!("a connection was not accepted: {error}");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let (site, tls, watcher) = (site.clone(), tls.clone(), graceful.watcher());
        // If a connection breaks off, the server has nothing to do.
        tokio::spawn(async move {
            match tls {
                Some(tls) => {
                    if let Some(stream) = handshake(&tls, stream).await {
                        converse(stream, site, watcher).await;
                    }
                }
                None => converse(stream, site, watcher).await,
            }
        });
    }
    drop(listener);
    let _ = timeout(LAST_ORDERS, graceful.shutdown()).await;
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is in use: stop what listens there, or choose another, like PORT=8081")
        }
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}"),
    })
}

async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &TlsAcceptor,
    stream: S,
) -> Option<tokio_rustls::server::TlsStream<S>> {
    timeout(PATIENCE, tls.accept(stream)).await.ok()?.ok()
}

/// Answers the requests of one connection.
async fn converse<S: AsyncRead + AsyncWrite + Unpin + 'static>(stream: S, site: Router, watcher: Watcher) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(site));
    let _ = watcher.watch(connection).await;
}

/// Returns a future that ends when the server is told to stop: by Ctrl-C or, on Unix, by SIGTERM. After this call,
/// neither of them ends the process directly.
#[cfg(unix)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
