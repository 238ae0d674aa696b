//! The library in actix-web.

use actix_web::rt::System;
use actix_web::test::init_service;
use actix_web::{App, HttpResponse, Responder, web};
use signed_cookie_session::Session;
use signed_cookie_session::actix_web::SessionMiddleware;

use crate::actix_app::{self, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::ours::{self, Encrypted, Kind, Sha512};
use crate::sample::{Sample, VISITS};

pub const NAME: &str = "ours in actix-web";
pub const ENCRYPTED: &str = "ours in actix-web, encrypted";

pub fn contestant(sample: &Sample) -> Contestant {
    of_kind::<Sha512>(NAME, sample)
}

pub fn encrypted(sample: &Sample) -> Contestant {
    of_kind::<Encrypted>(ENCRYPTED, sample)
}

fn of_kind<K: Kind>(name: &'static str, sample: &Sample) -> Contestant {
    let system = System::new();
    let app = App::new()
        .app_data(web::Data::new(sample.clone()))
        .route(SEED, web::get().to(seed))
        .route(COUNT, web::get().to(count))
        .route(SHOW, web::get().to(show))
        .wrap(SessionMiddleware::new(ours::of_kind::<K>(ours::secret())));
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
    serde_json::to_string(&session.to_map().expect("plain JSON")).expect("a dict of plain JSON")
}
