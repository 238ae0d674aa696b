//! `actix-session` with its cookie store, signed, and encrypted as it is by default.

use actix_session::config::CookieContentSecurity;
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::rt::System;
use actix_web::test::init_service;
use actix_web::{App, HttpResponse, Responder, web};
use serde_json::{Map, Value};

use crate::actix_app::{self, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::sample::{SECRET, Sample, VISITS};

pub const NAME: &str = "actix-session's cookie store";
pub const PRIVATE: &str = "actix-session's cookie store, private";

pub fn contestant(sample: &Sample) -> Contestant {
    secured(NAME, CookieContentSecurity::Signed, sample)
}

pub fn private(sample: &Sample) -> Contestant {
    secured(PRIVATE, CookieContentSecurity::Private, sample)
}

fn secured(name: &'static str, security: CookieContentSecurity, sample: &Sample) -> Contestant {
    let system = System::new();
    let sessions = SessionMiddleware::builder(CookieSessionStore::default(), Key::from(SECRET))
        .cookie_content_security(security)
        .build();
    let app = App::new()
        .app_data(web::Data::new(sample.clone()))
        .route(SEED, web::get().to(seed))
        .route(COUNT, web::get().to(count))
        .route(SHOW, web::get().to(show))
        .wrap(sessions);
    let service = system.block_on(init_service(app));
    actix_app::contestant(name, system, service, sample)
}

async fn seed(sample: web::Data<Sample>, session: Session) -> impl Responder {
    for (key, value) in &sample.dict {
        session.insert(key, value).expect("plain JSON");
    }
    HttpResponse::Ok()
}

async fn count(session: Session) -> impl Responder {
    let visits: u64 = session.get(VISITS).expect("a whole number").expect("a session with visits");
    session.insert(VISITS, visits + 1).expect("plain JSON");
    HttpResponse::Ok()
}

async fn show(session: Session) -> String {
    let entries = session.entries();
    let dict: Map<String, Value> =
        entries.iter().map(|(key, json)| (key.clone(), serde_json::from_str(json).expect("our own JSON"))).collect();
    serde_json::to_string(&dict).expect("a dict of plain JSON")
}
