//! The server: hyper on one port of 127.0.0.1, until it is told to stop.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::site;

/// How long a client may take over the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long requests under way may take once the server is told to stop.
const LAST_ORDERS: Duration = Duration::from_secs(3);

/// Fails with a sentence for whoever started the demo.
pub async fn serve(Config { port, sessions }: Config) -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is in use: stop what listens there, or choose another, like PORT=8081")
        }
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}"),
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let mut stdout = io::stdout();
    // Whoever started it need not be listening: the server runs all the same.
    let _ = writeln!(stdout, "listening on http://{address}/").and_then(|()| stdout.flush());

    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, as a rule: others will be closed meanwhile.
                Err(error) => {
                    eprintln!("a connection was not accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let sessions = sessions.clone();
        let service = service_fn(move |request| {
            let sessions = sessions.clone();
            async move { Ok::<_, Infallible>(site::respond(&sessions, request).await) }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        // A connection that breaks off is the client's affair.
        tokio::spawn(connection);
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_ORDERS, graceful.shutdown()).await;
    Ok(())
}

/// Ctrl-C, and where there is such a thing, SIGTERM.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
