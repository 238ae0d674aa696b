//! axum, on one thread.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use axum_session::{SessionConfig, SessionNullPool, SessionStore};
use serde_json::{Map, Value};
use signed_cookie_session::Session;
use signed_cookie_session::tower::SessionLayer;
use tokio::runtime::Builder;
use tower_sessions::{MemoryStore, SessionManagerLayer};
use tower_sessions_cookie_store::{CookieSessionManagerLayer, Key};

use crate::page::{HELLO, READ, SEED, SHOW, UNTOUCHED, WRITTEN};
use crate::sample::{SECRET, Sample, VISITS, VISITS_AFTER, VISITS_BEFORE};
use crate::servers::{Kind, sample, sessions};

type Shared = Arc<Sample>;

pub fn alone(listener: TcpListener) {
    let router = Router::new()
        .route(SEED, get(async || ""))
        .route(UNTOUCHED.path, get(async || HELLO))
        .route(READ.path, get(async || VISITS_BEFORE.to_string()))
        .route(WRITTEN.path, get(async || VISITS_AFTER.to_string()));
    serve(listener, async || router);
}

pub fn ours(listener: TcpListener, kind: Kind) {
    async fn seed(State(sample): State<Shared>, session: Session) {
        for (key, value) in &sample.dict {
            session.insert(key, value).expect("plain JSON");
        }
    }

    async fn read(session: Session) -> String {
        visits(&session).to_string()
    }

    async fn written(session: Session) -> String {
        let visits = visits(&session) + 1;
        session.insert(VISITS, visits).expect("plain JSON");
        visits.to_string()
    }

    async fn show(session: Session) -> String {
        text(&session.to_map().expect("plain JSON"))
    }

    fn visits(session: &Session) -> u64 {
        session.get(VISITS).expect("a whole number").expect("a session with visits")
    }

    let router = Router::new()
        .route(SEED, get(seed))
        .route(UNTOUCHED.path, get(async || HELLO))
        .route(READ.path, get(read))
        .route(WRITTEN.path, get(written))
        .route(SHOW, get(show))
        .layer(SessionLayer::new(sessions(kind)));
    serve(listener, async || router);
}

/// `tower-sessions` and the cookie store use two versions of `tower-sessions-core`, so their sessions are two types
/// with the same methods.
macro_rules! tower_sessions_routes {
    ($session:ty) => {{
        async fn seed(State(sample): State<Shared>, session: $session) {
            for (key, value) in &sample.dict {
                session.insert(key, value).await.expect("plain JSON");
            }
        }

        async fn read(session: $session) -> String {
            visits(&session).await.to_string()
        }

        async fn written(session: $session) -> String {
            let visits = visits(&session).await + 1;
            session.insert(VISITS, visits).await.expect("plain JSON");
            visits.to_string()
        }

        async fn show(State(sample): State<Shared>, session: $session) -> String {
            let mut dict = Map::new();
            for key in sample.dict.keys() {
                let value: Option<Value> = session.get_value(key).await.expect("a session");
                dict.extend(value.map(|value| (key.clone(), value)));
            }
            text(&dict)
        }

        async fn visits(session: &$session) -> u64 {
            session.get(VISITS).await.expect("a whole number").expect("a session with visits")
        }

        Router::new()
            .route(SEED, get(seed))
            .route(UNTOUCHED.path, get(async || HELLO))
            .route(READ.path, get(read))
            .route(WRITTEN.path, get(written))
            .route(SHOW, get(show))
    }};
}

pub fn cookie_store(listener: TcpListener) {
    let layer = CookieSessionManagerLayer::signed(Key::from(SECRET));
    serve(listener, async || tower_sessions_routes!(tower_sessions_cookie_store::Session).layer(layer));
}

/// The cookie contains a session id without a signature.
pub fn memory_store(listener: TcpListener) {
    let layer = SessionManagerLayer::new(MemoryStore::default());
    serve(listener, async || tower_sessions_routes!(tower_sessions::Session).layer(layer));
}

/// Without a database. The cookie contains a session id without a signature, which is the default.
pub fn axum_session(listener: TcpListener) {
    type Session = axum_session::Session<SessionNullPool>;

    async fn seed(State(sample): State<Shared>, session: Session) {
        for (key, value) in &sample.dict {
            session.set(key, value);
        }
    }

    async fn read(session: Session) -> String {
        visits(&session).to_string()
    }

    async fn written(session: Session) -> String {
        let visits = visits(&session) + 1;
        session.set(VISITS, visits);
        visits.to_string()
    }

    async fn show(State(sample): State<Shared>, session: Session) -> String {
        let entry = |key: &String| session.get(key).map(|value: Value| (key.clone(), value));
        text(&sample.dict.keys().filter_map(entry).collect())
    }

    fn visits(session: &Session) -> u64 {
        session.get(VISITS).expect("a session with visits")
    }

    serve(listener, async || {
        let store = SessionStore::<SessionNullPool>::new(None, SessionConfig::default()).await;
        Router::new()
            .route(SEED, get(seed))
            .route(UNTOUCHED.path, get(async || HELLO))
            .route(READ.path, get(read))
            .route(WRITTEN.path, get(written))
            .route(SHOW, get(show))
            .layer(axum_session::SessionLayer::new(store.expect("a store without a database")))
    });
}

fn serve(listener: TcpListener, router: impl AsyncFnOnce() -> Router<Shared>) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime on this thread");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket that does not block");
        let router = router().await.with_state(Arc::new(sample()));
        axum::serve(listener, router).await.expect("a server that goes on");
    });
}

fn text(dict: &Map<String, Value>) -> String {
    serde_json::to_string(dict).expect("a dict of plain JSON")
}
