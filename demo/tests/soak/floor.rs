//! A minimal hyper server that has one page with a session, and the same page without a session.

use std::convert::Infallible;
use std::io::Write;
use std::net::Ipv4Addr;

use ::http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use ::http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use signed_cookie_session::{BoxError, Secret, SignedCookieFactory};
use tokio::net::TcpListener;

/// The content of the session besides the counter: about 300 bytes of JSON, as in a shop.
const CART: [&str; 8] = [
    "a teapot of blue china for six",
    "two dozen candles of beeswax",
    "the collected letters of Ada Lovelace",
    "a cork board, 60 by 90",
    "string",
    "a lamp with a green shade",
    "ink, black, in a bottle of glass",
    "paper for letters",
];

pub fn serve() -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(listen()).map_err(|error| error.to_string())
}

async fn listen() -> Result<(), BoxError> {
    let sessions =
        SignedCookieFactory::new(Secret::legacy("an obvious secret for tests, of more than 32 bytes").unwrap());
    let constant = {
        let mut response = Response::new(());
        let session = sessions.load_cookies([""]);
        session.extend([("counter", 10_000)])?;
        session.insert("cart", CART)?;
        sessions.save(&session, &mut response)?;
        response.headers()[SET_COOKIE].clone()
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (connection, _) = listener.accept().await?;
        let (sessions, constant) = (sessions.clone(), constant.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = match request.uri().path() {
                "/with" => with(&sessions, &request).expect("the session is saved"),
                _ => without(&constant),
            };
            std::future::ready(Ok::<_, Infallible>(answer))
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

fn page(counter: u64) -> Response<String> {
    Response::new(format!("<output id=\"counter\">{counter}</output>"))
}

fn with(sessions: &SignedCookieFactory, request: &Request<Incoming>) -> Result<Response<String>, BoxError> {
    let session = sessions.load(request.headers());
    let counter = session.get::<u64>("counter")?.unwrap_or(0) + 1;
    session.insert("counter", counter)?;
    session.get_or_insert("cart", CART.map(str::to_owned))?;
    let mut response = page(counter);
    sessions.save(&session, &mut response)?;
    Ok(response)
}

/// The page without a session, which has as many headers and bytes.
fn without(constant: &HeaderValue) -> Response<String> {
    let mut response = page(10_000);
    let headers = response.headers_mut();
    headers.insert(SET_COOKIE, constant.clone());
    headers.insert(VARY, HeaderValue::from_static("Cookie"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    response
}
