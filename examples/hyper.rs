//! A visit counter on plain hyper, with `load` and `save`. It needs no feature of this crate.
//!
//! ```text
//! cargo run --example hyper
//! curl -i -c jar -b jar http://localhost:3000/
//! ```

use std::convert::Infallible;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use signed_cookie_session::{BoxError, Secret, SignedCookieFactory};
use tokio::net::TcpListener;

fn visits(sessions: &SignedCookieFactory, request: &Request<Incoming>) -> Result<Response<String>, BoxError> {
    let session = sessions.load(request.headers());
    let visits: u64 = session.get("visits")?.unwrap_or(0);
    session.insert("visits", visits + 1)?;
    let mut response = Response::new(format!("You were here {visits} times before.\n"));
    sessions.save(&session, &mut response)?;
    Ok(response)
}

/// Answers with a 500 if the session cannot be read or saved, so that no data is lost silently.
fn answer(sessions: &SignedCookieFactory, request: &Request<Incoming>) -> Result<Response<String>, Infallible> {
    Ok(visits(sessions, request).unwrap_or_else(|error| {
        eprintln!("{error}");
        let mut response = Response::default();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // A real app keeps its sessions over restarts: Secret::from_env("SESSION_SECRET")?
    let sessions = SignedCookieFactory::new(Secret::generate());
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    loop {
        let (connection, _) = listener.accept().await?;
        let sessions = sessions.clone();
        let service = service_fn(move |request| std::future::ready(answer(&sessions, &request)));
        tokio::spawn(async move {
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(connection), service).await {
                eprintln!("{error}");
            }
        });
    }
}
