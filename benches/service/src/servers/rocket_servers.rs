//! Rocket, on one thread.

use std::net::TcpListener;

use rocket::config::{Config, LogLevel, Shutdown};
use rocket::{Build, Rocket, State, get, routes};
use signed_cookie_session::Session;
use signed_cookie_session::rocket::SessionFairing;
use tokio::runtime::Builder;

use crate::page::HELLO;
use crate::sample::{Sample, VISITS, VISITS_AFTER, VISITS_BEFORE};
use crate::servers::{KEEP_ALIVE, Kind, sample, sessions};

mod without {
    use super::{VISITS_AFTER, VISITS_BEFORE, get};

    #[get("/seed")]
    pub fn seed() {}

    #[get("/read")]
    pub fn read() -> String {
        VISITS_BEFORE.to_string()
    }

    #[get("/written")]
    pub fn written() -> String {
        VISITS_AFTER.to_string()
    }
}

mod with {
    use super::{Sample, Session, State, VISITS, get};

    #[get("/seed")]
    pub fn seed(sample: &State<Sample>, session: Session) {
        for (key, value) in &sample.dict {
            session.insert(key, value).expect("plain JSON");
        }
    }

    #[get("/read")]
    pub fn read(session: Session) -> String {
        visits(&session).to_string()
    }

    #[get("/written")]
    pub fn written(session: Session) -> String {
        let visits = visits(&session) + 1;
        session.insert(VISITS, visits).expect("plain JSON");
        visits.to_string()
    }

    #[get("/show")]
    pub fn show(session: Session) -> String {
        serde_json::to_string(&session.to_map().expect("plain JSON")).expect("a dict of plain JSON")
    }

    fn visits(session: &Session) -> u64 {
        session.get(VISITS).expect("a whole number").expect("a session with visits")
    }
}

#[get("/untouched")]
fn untouched() -> &'static str {
    HELLO
}

pub fn alone(listener: TcpListener) {
    serve(listener, |rocket| rocket.mount("/", routes![without::seed, without::read, without::written]));
}

pub fn ours(listener: TcpListener, kind: Kind) {
    serve(listener, |rocket| {
        let routes = routes![with::seed, with::read, with::written, with::show];
        rocket.attach(SessionFairing::new(sessions(kind))).mount("/", routes)
    });
}

fn serve(listener: TcpListener, build: impl FnOnce(Rocket<Build>) -> Rocket<Build>) {
    // Rocket opens its socket itself.
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let config = Config {
        address: address.ip(),
        port: address.port(),
        keep_alive: KEEP_ALIVE.as_secs() as u32,
        log_level: LogLevel::Off,
        shutdown: Shutdown { ctrlc: false, ..Shutdown::default() },
        ..Config::release_default()
    };
    let rocket = build(rocket::custom(config)).manage(sample()).mount("/", routes![untouched]);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime on this thread");
    runtime.block_on(rocket.launch()).expect("a server that goes on");
}
