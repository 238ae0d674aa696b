//! The events for operators, collected by a subscriber.
use std::time::{Duration, UNIX_EPOCH};

use http::header::COOKIE;
use http::{HeaderMap, Response};
use signed_cookie_session::{BoxError, Builder, Secret, Secrets, Serializer, SignedCookieFactory};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::event_lines::told;

fn secret(number: u8) -> Secret {
    Secret::new(format!("an obvious secret of the tests, number {number}")).unwrap()
}

fn build(secrets: impl Into<Secrets>, now: u64) -> SignedCookieFactory {
    builder(secrets, now).build().unwrap()
}

fn builder(secrets: impl Into<Secrets>, now: u64) -> Builder {
    SignedCookieFactory::builder(secrets).clock(move || UNIX_EPOCH + Duration::from_secs(now))
}

const NOW: u64 = 1_790_000_000;

/// Returns a cookie with two keys, signed by `secret(1)`.
fn cookie() -> String {
    let sessions = build(secret(1), NOW);
    let session = sessions.load(&HeaderMap::new());
    session.insert("user", "ada").unwrap();
    session.insert("cart", [1, 2]).unwrap();
    sessions.encode(&session).unwrap()
}

/// Returns the events of reading that cookie.
fn reading(sessions: &SignedCookieFactory, value: &str) -> Vec<String> {
    told(|| {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("session={value}").parse().unwrap());
        let session = sessions.load(&headers);
        session.is_new();
        session.is_new();
    })
}

#[test]
fn an_untouched_session_reports_nothing() {
    let sessions = build(secret(1), NOW);
    let told = told(|| {
        let session = sessions.load(&HeaderMap::new());
        sessions.save(&session, &mut Response::new(())).unwrap();
    });
    assert_eq!(told, [""; 0]);
}

#[test]
fn a_valid_session_is_one_debug_event() {
    assert_eq!(
        reading(&build(secret(1), NOW), &cookie()),
        [
            r#"DEBUG signed_cookie_session message=the session is valid cookie="session" outcome=Valid size=163 secret=0 keys=2"#
        ]
    );
}

#[test]
fn an_event_names_the_old_secret_by_its_index() {
    let secrets = Secrets::new(secret(3)).verify_only(secret(2)).verify_only(secret(1));
    assert_eq!(
        reading(&build(secrets, NOW), &cookie()),
        [
            r#"INFO signed_cookie_session message=the session is valid under a secret that only verifies cookie="session" outcome=ValidUnderOldSecret size=163 secret=2 keys=2"#
        ]
    );
}

#[test]
fn an_expiry_is_not_a_warning() {
    assert_eq!(
        reading(&build(secret(1), NOW + 1201), &cookie()),
        [r#"DEBUG signed_cookie_session message=the session has timed out cookie="session" outcome=Expired size=163"#]
    );
}

#[test]
fn a_revocation_is_an_info_event() {
    let sessions = builder(secret(1), NOW).valid_since(UNIX_EPOCH + Duration::from_secs(NOW + 1)).build().unwrap();
    let told = reading(&sessions, &cookie());
    assert!(told.len() == 1 && told[0].starts_with("INFO ") && told[0].contains("outcome=Revoked"), "{told:?}");
}

#[test]
fn a_bad_signature_is_a_warning() {
    assert_eq!(
        reading(&build(secret(2), NOW), &cookie()),
        [
            r#"WARN signed_cookie_session message=the session's signature was made with another secret, salt or hash, or forged cookie="session" outcome=BadSignature size=163"#
        ]
    );
}

#[test]
fn a_malformed_cookie_is_a_warning() {
    let told = reading(&build(secret(1), NOW), "no session");
    assert!(
        told.len() == 1 && told[0].starts_with("WARN ") && told[0].contains("outcome=Malformed size=10"),
        "{told:?}"
    );
}

#[test]
fn a_request_without_a_cookie_is_a_trace_event() {
    let sessions = build(secret(1), NOW);
    let told = told(|| assert!(sessions.load(&HeaderMap::new()).is_new()));
    assert_eq!(
        told,
        [r#"TRACE signed_cookie_session message=there was no session cookie cookie="session" outcome=Absent size=0"#]
    );
}

#[test]
fn a_write_reports_the_size_and_the_number_of_keys() {
    let sessions = build(secret(1), NOW);
    let told = told(|| {
        let session = sessions.load(&HeaderMap::new());
        session.insert("user", "ada").unwrap();
        session.insert("cart", [1, 2]).unwrap();
        sessions.save(&session, &mut Response::new(())).unwrap();
    });
    assert_eq!(
        told[1..],
        [r#"DEBUG signed_cookie_session message=the session's cookie is written cookie="session" size=163 keys=2"#]
    );
}

#[test]
fn a_removal_is_reported() {
    let sessions = build(secret(1), NOW);
    let told = told(|| {
        let session = sessions.decode(&cookie()).unwrap();
        session.invalidate();
        sessions.save(&session, &mut Response::new(())).unwrap();
    });
    assert_eq!(
        told[told.len() - 1..],
        [r#"DEBUG signed_cookie_session message=the session's cookie is removed cookie="session""#]
    );
}

#[test]
fn a_session_too_large_to_save_is_an_error_with_the_limit() {
    let sessions = build(secret(1), NOW);
    let told = told(|| {
        let session = sessions.load(&HeaderMap::new());
        session.insert("essay", "x".repeat(5000)).unwrap();
        sessions.save(&session, &mut Response::new(())).unwrap_err();
    });
    assert_eq!(
        told[1..],
        [
            r#"ERROR signed_cookie_session message=the session was not saved: it is too large for a cookie cookie="session" size=6807 limit=4064 keys=1"#
        ]
    );
}

struct Broken;

impl Serializer for Broken {
    fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError> {
        Err(json.into())
    }
    fn loads(&self, _: &[u8]) -> Result<String, BoxError> {
        Err("never".into())
    }
}

#[test]
fn the_error_of_a_serializer_is_not_reported() {
    let sessions = builder(secret(1), NOW).serializer(Broken).build().unwrap();
    let told = told(|| {
        let session = sessions.load(&HeaderMap::new());
        session.insert("user", "ada").unwrap();
        sessions.save(&session, &mut Response::new(())).unwrap_err();
    });
    assert_eq!(
        told[1..],
        [
            r#"ERROR signed_cookie_session message=the session was not saved: its serializer could not write it cookie="session" limit=4064 keys=1"#
        ]
    );
}

#[test]
fn a_response_without_space_for_the_cookie_is_an_error() {
    let sessions = build(secret(1), NOW);
    let mut response = Response::new(());
    for number in 0.. {
        let name = http::HeaderName::try_from(format!("x-{number}")).unwrap();
        if response.headers_mut().try_append(name, "x".parse().unwrap()).is_err() {
            break;
        }
    }
    let told = told(|| {
        let session = sessions.load(&HeaderMap::new());
        session.insert("user", "ada").unwrap();
        sessions.save(&session, &mut response).unwrap_err();
    });
    let last = told.last().unwrap();
    assert!(last.starts_with("ERROR ") && last.contains("no space for another header"), "{told:?}");
}

#[test]
fn messages_that_gave_way_in_a_full_flash_queue_are_told() {
    let tells = |sessions: SignedCookieFactory| {
        let told = told(|| {
            let session = sessions.load(&HeaderMap::new());
            session.flash().push("one").unwrap();
            session.flash().push("two").unwrap();
            session.flash().push("three").unwrap();
        });
        assert_eq!(
            told[1..],
            [
                r#"WARN signed_cookie_session message=a flash queue was full: its oldest messages were dropped cookie="session" messages=1"#
            ]
        );
    };
    tells(builder(secret(1), NOW).flash_limit(2).build().unwrap());
    #[cfg(feature = "flask")]
    tells(builder(secret(1), NOW).format(signed_cookie_session::Format::Flask).flash_limit(2).build().unwrap());
}

#[test]
fn a_value_of_another_type_that_is_removed_is_told() {
    let sessions = build(secret(1), NOW);
    let told = told(|| {
        let session = sessions.decode(&cookie()).unwrap();
        assert_eq!(session.get_or_remove::<Vec<u8>>("cart"), Some(vec![1, 2]));
        assert_eq!(session.get_or_remove::<u8>("user"), None);
    });
    assert_eq!(
        told[told.len() - 1..],
        [r#"WARN signed_cookie_session message=a value of another type was removed from the session cookie="session""#]
    );
    assert_eq!(told.iter().filter(|line| line.contains("another type")).count(), 1);
}

#[test]
fn a_due_reissue_that_does_not_fit_is_told() {
    let large = {
        let sessions = build(secret(1), NOW);
        let session = sessions.load(&HeaderMap::new());
        session.insert("essay", "x".repeat(500)).unwrap();
        sessions.encode(&session).unwrap()
    };
    let sessions = builder(secret(1), NOW + 600).max_cookie_size(300).build().unwrap();
    let told = told(|| {
        let session = sessions.load_cookies([format!("session={large}")]);
        assert!(!session.is_new());
        sessions.save(&session, &mut Response::new(())).unwrap();
    });
    let last = told.last().unwrap();
    assert!(
        last.starts_with("WARN signed_cookie_session message=the session's cookie was not renewed: ")
            && last.contains("size="),
        "{told:?}"
    );
    assert_eq!(told.len(), 2, "{told:?}");
}

#[cfg(feature = "tower")]
#[test]
fn a_request_that_a_layer_refuses_is_told_once() {
    use http::Request;
    use signed_cookie_session::Session;
    use signed_cookie_session::tower::SessionLayer;
    use tower_layer::Layer;
    use tower_service::Service;

    #[derive(Clone)]
    struct App;
    impl Service<Request<()>> for App {
        type Response = Response<String>;
        type Error = std::convert::Infallible;
        type Future = std::future::Ready<Result<Response<String>, Self::Error>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn call(&mut self, request: Request<()>) -> Self::Future {
            request.extensions().get::<Session>().unwrap().insert("essay", "x".repeat(5000)).unwrap();
            std::future::ready(Ok(Response::default()))
        }
    }

    let sessions = build(secret(1), NOW);
    let layer = || SessionLayer::new(sessions.clone());
    let errors = |run: fn(&dyn Fn() -> SessionLayer)| {
        let told = told(|| run(&layer));
        told.into_iter().filter(|line| line.starts_with("ERROR")).collect::<Vec<_>>()
    };
    let too_large = errors(|layer| assert!(block_on(layer().layer(App).call(Request::new(()))).is_ok()));
    assert_eq!(too_large.len(), 1, "the factory emits the event: {too_large:?}");
    assert!(too_large[0].contains("the session was not saved: it is too large for a cookie"));
    let twice = errors(|layer| assert!(block_on(layer().layer(layer().layer(App)).call(Request::new(()))).is_ok()));
    assert_eq!(
        twice,
        [
            r#"ERROR signed_cookie_session message=the request failed: another session layer has its cookie name cookie="session""#
        ]
    );
}

#[cfg(feature = "tower")]
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn no_event_holds_a_key_a_value_a_cookie_or_a_secret() {
    let told = [
        reading(&build(secret(1), NOW), &cookie()),
        reading(&build(secret(2), NOW), &cookie()),
        told(|| {
            let sessions = build(secret(1), NOW);
            let session = sessions.decode(&cookie()).unwrap();
            session.insert("essay", "x".repeat(5000)).unwrap();
            sessions.save(&session, &mut Response::new(())).unwrap_err();
        }),
    ];
    let told = told.concat().join("\n");
    for hidden in ["user", "ada", "cart", "essay", "xxx", &cookie()[..20], "obvious"] {
        assert!(!told.contains(hidden), "an event contains {hidden}:\n{told}");
    }
}

#[test]
fn a_subscriber_may_use_the_session_of_its_event() {
    struct Curious(signed_cookie_session::Session);
    impl Subscriber for Curious {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn event(&self, _: &Event<'_>) {
            assert!(self.0.is_new());
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }
    let session = build(secret(1), NOW).load(&HeaderMap::new());
    tracing::subscriber::with_default(Curious(session.clone()), || session.insert("user", "ada").unwrap());
    assert!(session.contains_key("user"));
}
