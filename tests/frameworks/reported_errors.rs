//! The lines on standard error that report a request for which the layer answered with a 500.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::process::Command;
use std::task::{Context, Poll};

use http::{Request, Response};
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{Secret, Session, SignedCookieFactory};
use tower_layer::Layer;
use tower_service::Service;

/// Uses the session as the path says.
struct App;

impl Service<Request<()>> for App {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let session = request.extensions().get::<Session>().unwrap();
        let mut response = Response::new(String::new());
        if request.uri().path() == "/misread" {
            session.insert("visits", "s3cret").unwrap();
            response.extensions_mut().insert(session.get::<u64>("visits").unwrap_err());
        } else {
            session.insert("essay", "s3cret".repeat(1000)).unwrap();
        }
        ready(Ok(response))
    }
}

/// Returns the standard error of a separate program that serves failing requests, because each reason is reported once
/// per program.
fn lines(test: &str) -> Vec<String> {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let all = String::from_utf8(run.stderr).unwrap();
    assert!(!all.contains("s3cret") && !all.contains("session="), "{all}");
    all.lines().filter(|line| line.starts_with("signed-cookie-session: ")).map(str::to_owned).collect()
}

async fn serve_failing_requests(report_errors: bool) {
    let sessions = SignedCookieFactory::new(Secret::new(b"a secret that only the tests use").unwrap());
    let layer = || SessionLayer::new(sessions.clone()).report_errors(report_errors);
    let mut app = layer().layer(App);
    let mut twice = layer().layer(layer().layer(App));
    for _ in 0..3 {
        for path in ["/overfill", "/misread"] {
            app.call(Request::get(path).body(()).unwrap()).await.unwrap();
        }
        twice.call(Request::new(())).await.unwrap();
    }
}

#[test]
fn each_reason_is_reported_once_with_cookie_and_remedy() {
    let lines = lines("reported_errors::the_program_that_tells");
    assert_eq!(lines.len(), 3, "{lines:#?}");
    for (line, words) in lines.iter().zip(["the limit is 4064", "\"visits\" is a string", "two session layers"]) {
        assert!(line.contains(words) && line.contains("\"session\"") && line.contains("report_errors"), "{line}");
    }
}

#[test]
fn report_errors_turns_the_lines_off() {
    assert_eq!(lines("reported_errors::the_program_that_is_silent"), [""; 0]);
}

#[tokio::test]
#[ignore = "run by the test of its lines, in a process of its own"]
async fn the_program_that_tells() {
    serve_failing_requests(true).await;
}

#[tokio::test]
#[ignore = "run by the test of its lines, in a process of its own"]
async fn the_program_that_is_silent() {
    serve_failing_requests(false).await;
}
