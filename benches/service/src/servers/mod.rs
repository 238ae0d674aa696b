//! The servers: each framework alone, with the library, and with its peers.

mod actix_servers;
mod axum_servers;
mod rocket_servers;

use std::io::{Read, stdin};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;
use std::{process, thread};

use signed_cookie_session::{Builder, Format, HashAlgorithm, Secret, SignedCookieFactory};

use crate::sample::{SECRET, Sample, Shape, TIMEOUT};

/// One server of the table.
#[derive(Debug)]
pub struct Server {
    pub name: &'static str,
    /// The name of the server that is the framework alone.
    pub framework: &'static str,
    pub keeper: Keeper,
    /// Whether a page sets a cookie if it does not touch the session, reads it, or writes it.
    pub set_cookie: [bool; 3],
    serve: fn(TcpListener),
}

/// Where a session is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    Nobody,
    Cookie,
    Memory,
}

const fn server(name: &'static str, framework: &'static str, keeper: Keeper, serve: fn(TcpListener)) -> Server {
    let set_cookie = [false, false, !matches!(keeper, Keeper::Nobody)];
    Server { name, framework, keeper, set_cookie, serve }
}

const AXUM: &str = "axum";
const ACTIX: &str = "actix-web";
const ROCKET: &str = "Rocket";

pub const SERVERS: &[Server] = &[
    server(AXUM, AXUM, Keeper::Nobody, axum_servers::alone),
    server("axum, ours", AXUM, Keeper::Cookie, |listener| axum_servers::ours(listener, SHA_512)),
    server("axum, ours, SHA-256", AXUM, Keeper::Cookie, |listener| axum_servers::ours(listener, SHA_256)),
    server("axum, ours, encrypted", AXUM, Keeper::Cookie, |listener| axum_servers::ours(listener, ENCRYPTED)),
    server("axum, tower-sessions-cookie-store, signed", AXUM, Keeper::Cookie, axum_servers::cookie_store),
    server("axum, tower-sessions in memory", AXUM, Keeper::Memory, axum_servers::memory_store),
    Server {
        set_cookie: [true; 3],
        ..server("axum, axum_session in memory", AXUM, Keeper::Memory, axum_servers::axum_session)
    },
    server(ACTIX, ACTIX, Keeper::Nobody, actix_servers::alone),
    server("actix-web, ours", ACTIX, Keeper::Cookie, |listener| actix_servers::ours(listener, SHA_512)),
    server("actix-web, ours, SHA-256", ACTIX, Keeper::Cookie, |listener| actix_servers::ours(listener, SHA_256)),
    server("actix-web, ours, encrypted", ACTIX, Keeper::Cookie, |listener| actix_servers::ours(listener, ENCRYPTED)),
    server("actix-web, actix-session, signed", ACTIX, Keeper::Cookie, actix_servers::signed),
    server("actix-web, actix-session, private", ACTIX, Keeper::Cookie, actix_servers::private),
    server(ROCKET, ROCKET, Keeper::Nobody, rocket_servers::alone),
    server("Rocket, ours", ROCKET, Keeper::Cookie, |listener| rocket_servers::ours(listener, SHA_512)),
    server("Rocket, ours, SHA-256", ROCKET, Keeper::Cookie, |listener| rocket_servers::ours(listener, SHA_256)),
    server("Rocket, ours, encrypted", ROCKET, Keeper::Cookie, |listener| rocket_servers::ours(listener, ENCRYPTED)),
];

/// Sets the kind of our cookie.
type Kind = fn(Builder) -> Builder;

const SHA_512: Kind = |builder| builder.hash_algorithm(HashAlgorithm::Sha512);
const SHA_256: Kind = |builder| builder.hash_algorithm(HashAlgorithm::Sha256);
const ENCRYPTED: Kind = |builder| builder.format(Format::Encrypted);

fn sessions(kind: Kind) -> SignedCookieFactory {
    let secret = Secret::new(SECRET).expect("a strong secret");
    kind(SignedCookieFactory::builder(secret)).timeout(TIMEOUT).build().expect("sound settings")
}

/// Returns the session of every visitor: 300 bytes of JSON, 12 keys.
pub fn sample() -> Sample {
    Sample::new(Shape::Flat { keys: 12 }, 300)
}

/// This is longer than a server waits for its turn.
const KEEP_ALIVE: Duration = Duration::from_secs(600);

/// Serves until the process that started this one ends. Prints the address to standard output.
pub fn serve(server: &Server) {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
    listener.set_nonblocking(true).expect("a TCP socket");
    println!("{}", listener.local_addr().expect("an address"));
    thread::spawn(|| {
        // This returns when the other end of the pipe is closed.
        let _ = stdin().read(&mut [0]);
        process::exit(0);
    });
    (server.serve)(listener);
}
