//! The site that the browser visits: the tower layer answers the device's endpoints.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{HOST, SET_COOKIE};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, Response};
use axum::routing::get;
use axum::{Extension, Router};
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{DeviceBound, Secret, Secrets, Session, SignedCookieFactory};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long a proof is valid. Its cookie ends a second earlier.
pub const LIFETIME: Duration = Duration::from_secs(4);

/// The requests of devices: the host, the endpoint, and whether the device was proven.
type Log = Arc<Mutex<Vec<(String, String, bool)>>>;

pub struct Site {
    sessions: SignedCookieFactory,
    log: Log,
}

impl Site {
    pub fn new() -> Self {
        Self { sessions: factory(first()), log: Log::default() }
    }

    /// Returns the same site after a restart with another secret, which still verifies the first one.
    pub fn rotated(&self) -> Self {
        let second = Secret::new("the second secret of the tests with a browser").unwrap();
        Self { sessions: factory(Secrets::new(second).verify_only(first())), log: Arc::clone(&self.log) }
    }

    pub fn serve(&self, port: u16) -> Server {
        self.serve_at((Ipv4Addr::LOCALHOST, port).into())
    }

    pub fn serve_at(&self, address: SocketAddr) -> Server {
        let log = Arc::clone(&self.log);
        let app = Router::new()
            .route("/", get(page))
            .route("/busy", get(busy))
            .route("/who", get(page))
            .route("/login", get(login))
            .route("/logout", get(logout))
            .layer(SessionLayer::new(self.sessions.clone()))
            .layer(from_fn(move |request, next| record(Arc::clone(&log), request, next)));
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can run");
            runtime.block_on(async move {
                let listener = TcpListener::bind(address).await.expect("the port is free");
                tell.send(listener.local_addr().expect("it listens")).expect("somebody waits");
                let stopped = async { drop(stopped.await) };
                axum::serve(listener, app).with_graceful_shutdown(stopped).await.expect("it serves");
            });
        });
        Server { address: told.recv().expect("it starts"), stop: Some(stop), thread: Some(thread) }
    }

    pub fn registrations(&self, host: &str) -> usize {
        self.count(host, "/session/device/register")
    }

    pub fn renewals(&self, host: &str) -> usize {
        self.count(host, "/session/device/refresh")
    }

    fn count(&self, host: &str, path: &str) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|(at, asked, proven)| at.starts_with(host) && asked == path && *proven).count()
    }
}

/// A running server. Dropping it stops it after it has answered its requests.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn stop(mut self) {
        drop(self.stop.take());
        self.thread.take().expect("it runs").join().expect("it ends");
    }
}

fn first() -> Secret {
    Secret::new("the first secret of the tests with a browser").unwrap()
}

fn factory(secrets: impl Into<Secrets>) -> SignedCookieFactory {
    let device_bound = DeviceBound::new().lifetime(LIFETIME);
    // With this setting, a page that only reads also writes the session at times, as on a real site.
    let builder = SignedCookieFactory::builder(secrets).reissue_time(Duration::from_secs(2));
    builder.device_bound(device_bound).build().unwrap()
}

async fn record(log: Log, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let lines = response.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let proven = lines.filter(|line| line.starts_with("session.bound=") && !line.contains("Max-Age=0")).count() == 1;
    if path.starts_with("/session/device/") {
        log.lock().unwrap().push((host, path, proven));
    }
    response
}

fn hello(session: &Session) -> String {
    let user: Option<String> = session.get("user").unwrap();
    format!("<h1>Hello, {}.</h1>", user.as_deref().unwrap_or("stranger"))
}

async fn page(Extension(session): Extension<Session>) -> Html<String> {
    Html(hello(&session))
}

/// A page whose script requests another page five times a second, and counts wrong answers.
async fn busy(Extension(session): Extension<Session>) -> Html<String> {
    const SCRIPT: &str = "
        window.asked = 0; window.failed = [];
        setInterval(async () => {
            window.asked += 1;
            try {
                const response = await fetch('/who');
                const text = await response.text();
                if (!text.includes('ada')) window.failed.push(response.status + text);
            } catch (error) { window.failed.push(String(error)); }
        }, 200);";
    Html(format!("{}<script>{SCRIPT}</script>", hello(&session)))
}

async fn login(Extension(session): Extension<Session>) -> Html<String> {
    session.regenerate();
    session.insert("user", "ada").unwrap();
    session.bind_to_device();
    Html(hello(&session))
}

async fn logout(Extension(session): Extension<Session>) -> Html<String> {
    session.invalidate();
    Html("<h1>Goodbye.</h1>".into())
}
