//! actix-web, with one worker.

use std::net::TcpListener;

use actix_session::config::CookieContentSecurity;
use actix_session::storage::CookieSessionStore;
use actix_session::{Session as ActixSession, SessionMiddleware as ActixMiddleware};
use actix_web::cookie::Key;
use actix_web::rt::System;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{App, HttpServer, Responder};
use serde_json::{Map, Value};
use signed_cookie_session::Session;
use signed_cookie_session::actix_web::SessionMiddleware;

use crate::page::{HELLO, READ, SEED, SHOW, UNTOUCHED, WRITTEN};
use crate::sample::{SECRET, Sample, VISITS, VISITS_AFTER, VISITS_BEFORE};
use crate::servers::{KEEP_ALIVE, Kind, sample, sessions};

/// Serves an application, which each worker makes for itself.
macro_rules! serve {
    ($listener:expr, $app:expr) => {{
        System::new()
            .block_on(async {
                let app = move || $app.app_data(Data::new(sample())).route(UNTOUCHED.path, get().to(async || HELLO));
                let server = HttpServer::new(app).workers(1).keep_alive(KEEP_ALIVE).disable_signals();
                server.listen($listener).expect("a socket that does not block").run().await
            })
            .expect("a server that goes on");
    }};
}

pub fn alone(listener: TcpListener) {
    serve!(
        listener,
        App::new()
            .route(SEED, get().to(async || ""))
            .route(READ.path, get().to(async || VISITS_BEFORE.to_string()))
            .route(WRITTEN.path, get().to(async || VISITS_AFTER.to_string()))
    );
}

pub fn ours(listener: TcpListener, kind: Kind) {
    async fn seed(sample: Data<Sample>, session: Session) -> impl Responder {
        for (key, value) in &sample.dict {
            session.insert(key, value).expect("plain JSON");
        }
        ""
    }

    async fn read(session: Session) -> impl Responder {
        visits(&session).to_string()
    }

    async fn written(session: Session) -> impl Responder {
        let visits = visits(&session) + 1;
        session.insert(VISITS, visits).expect("plain JSON");
        visits.to_string()
    }

    async fn show(session: Session) -> impl Responder {
        serde_json::to_string(&session.to_map().expect("plain JSON")).expect("a dict of plain JSON")
    }

    fn visits(session: &Session) -> u64 {
        session.get(VISITS).expect("a whole number").expect("a session with visits")
    }

    let routes = |app: &mut ServiceConfig| {
        app.route(SEED, get().to(seed))
            .route(READ.path, get().to(read))
            .route(WRITTEN.path, get().to(written))
            .route(SHOW, get().to(show));
    };
    let sessions = sessions(kind);
    serve!(listener, App::new().configure(routes).wrap(SessionMiddleware::new(sessions.clone())));
}

pub fn signed(listener: TcpListener) {
    actix_session(listener, CookieContentSecurity::Signed);
}

/// Encrypted, which is the default.
pub fn private(listener: TcpListener) {
    actix_session(listener, CookieContentSecurity::Private);
}

fn actix_session(listener: TcpListener, security: CookieContentSecurity) {
    async fn seed(sample: Data<Sample>, session: ActixSession) -> impl Responder {
        for (key, value) in &sample.dict {
            session.insert(key, value).expect("plain JSON");
        }
        ""
    }

    async fn read(session: ActixSession) -> impl Responder {
        visits(&session).to_string()
    }

    async fn written(session: ActixSession) -> impl Responder {
        let visits = visits(&session) + 1;
        session.insert(VISITS, visits).expect("plain JSON");
        visits.to_string()
    }

    async fn show(session: ActixSession) -> impl Responder {
        let entries = session.entries();
        let entry = |(key, json): (&String, &String)| (key.clone(), serde_json::from_str(json).expect("our own JSON"));
        let dict: Map<String, Value> = entries.iter().map(entry).collect();
        serde_json::to_string(&dict).expect("a dict of plain JSON")
    }

    fn visits(session: &ActixSession) -> u64 {
        session.get(VISITS).expect("a whole number").expect("a session with visits")
    }

    let routes = |app: &mut ServiceConfig| {
        app.route(SEED, get().to(seed))
            .route(READ.path, get().to(read))
            .route(WRITTEN.path, get().to(written))
            .route(SHOW, get().to(show));
    };
    let sessions = move || {
        ActixMiddleware::builder(CookieSessionStore::default(), Key::from(SECRET))
            .cookie_content_security(security)
            .build()
    };
    serve!(listener, App::new().configure(routes).wrap(sessions()));
}
