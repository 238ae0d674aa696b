//! The promises of every framework's integration, from one browser's point of view.
//!
//! Each framework provides an app with the routes below, and `promises!` makes a test for each promise.

use std::collections::BTreeMap;

use signed_cookie_session::{Builder, Secret, Session, SignedCookieFactory};

/// The answer of an app.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn lines(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str()).collect()
    }
}

pub trait Site {
    async fn send(&self, method: &str, path: &str, cookies: &str) -> Answer;
}

pub fn builder(cookie_name: &str) -> Builder {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    SignedCookieFactory::builder(secret).cookie_name(cookie_name).salt(cookie_name)
}

pub fn factory(cookie_name: &str) -> SignedCookieFactory {
    builder(cookie_name).build().unwrap()
}

// The functions of the routes. Each app has routes with these names.

pub fn count(session: &Session) -> String {
    let visits: u64 = session.get("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    visits.to_string()
}

pub fn overfill(session: &Session) {
    session.insert("essay", "x".repeat(5000)).unwrap();
}

pub const PUBLIC: &str = "public, max-age=60";

pub struct Browser<S> {
    site: S,
    pub jar: BTreeMap<String, String>,
}

impl<S: Site> Browser<S> {
    pub fn new(site: S) -> Self {
        Self { site, jar: BTreeMap::new() }
    }

    pub async fn go(&mut self, method: &str, path: &str) -> Answer {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = self.site.send(method, path, &cookies.join("; ")).await;
        for line in answer.lines("set-cookie") {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.into(), value.into());
            }
        }
        answer
    }

    pub async fn text(&mut self, path: &str) -> String {
        self.go("GET", path).await.body
    }
}

#[allow(unused_macros, reason = "each test program uses some of it")]
/// Makes a test for each promise. `$app` makes a site from a factory.
macro_rules! promises {
    ($app:expr) => {
        mod promises {
            use super::common::promises::*;
            use super::*;

            async fn browser(builder: signed_cookie_session::Builder) -> Browser<impl Site> {
                Browser::new(($app)(builder.build().unwrap()).await)
            }

            async fn ordinary() -> Browser<impl Site> {
                browser(builder("session")).await
            }

            #[tokio::test]
            async fn a_session_lasts_from_request_to_request() {
                let mut browser = ordinary().await;
                for visit in ["1", "2", "3"] {
                    let answer = browser.go("GET", "/count").await;
                    assert_eq!((answer.status, answer.body.as_str()), (200, visit));
                    assert_eq!(answer.lines("set-cookie").len(), 1);
                    assert_eq!(answer.lines("vary"), ["Cookie"]);
                    assert_eq!(answer.lines("cache-control"), ["private"]);
                }
            }

            #[tokio::test]
            async fn a_session_that_nobody_touches_leaves_no_trace() {
                let mut browser = ordinary().await;
                browser.go("GET", "/count").await;
                let answer = browser.go("GET", "/nothing").await;
                assert_eq!((answer.status, answer.body.as_str()), (200, "the same for all"));
                for name in ["set-cookie", "vary"] {
                    assert_eq!(answer.lines(name), [""; 0], "{name}");
                }
                assert_eq!(answer.lines("cache-control"), [PUBLIC]);
            }

            #[tokio::test]
            async fn a_forged_cookie_is_a_new_session() {
                let mut browser = ordinary().await;
                browser.go("GET", "/count").await;
                let last = browser.jar["session"].replacen(['A', 'a', 'b', 'c', 'd'], "e", 1);
                browser.jar.insert("session".into(), last);
                assert_eq!(browser.text("/count").await, "1");
            }

            #[tokio::test]
            async fn a_flash_message_is_shown_once_after_a_redirect() {
                let mut browser = ordinary().await;
                let answer = browser.go("POST", "/add").await;
                assert_eq!((answer.status, answer.lines("location")), (303, vec!["/messages"]));
                assert_eq!(browser.text("/messages").await, "Saved.");
                assert_eq!(browser.text("/messages").await, "");
            }

            #[tokio::test]
            async fn a_session_that_does_not_fit_is_a_500_without_app_data() {
                let mut browser = ordinary().await;
                browser.go("GET", "/count").await;
                let answer = browser.go("POST", "/overfill").await;
                assert_eq!(answer.status, 500);
                assert!(answer.body.contains("4064"), "{}", answer.body);
                assert_eq!(answer.lines("content-type"), ["text/plain; charset=utf-8"]);
                for name in ["location", "set-cookie", "x-app"] {
                    assert_eq!(answer.lines(name), [""; 0], "{name}");
                }
                assert_eq!(browser.text("/count").await, "2");
            }

            #[tokio::test]
            async fn a_handler_may_return_the_error_of_a_value() {
                let answer = ordinary().await.go("GET", "/misread").await;
                assert_eq!(answer.status, 500);
                assert!(answer.body.contains("\"visits\" is a string, which does not fit u64"), "{}", answer.body);
            }

            #[tokio::test]
            async fn a_5xx_saves_unless_set_on_exception_is_off() {
                let mut browser = ordinary().await;
                assert_eq!(browser.go("POST", "/fail").await.status, 503);
                assert_eq!(browser.text("/messages").await, "Failed.");
                let mut browser = self::browser(builder("session").set_on_exception(false)).await;
                assert_eq!(browser.go("POST", "/fail").await.status, 503);
                assert_eq!(browser.text("/messages").await, "");
            }

            #[tokio::test]
            async fn a_handler_that_returns_an_error_has_its_session_saved() {
                let mut browser = ordinary().await;
                assert_eq!(browser.go("POST", "/err").await.status, 418);
                assert_eq!(browser.text("/messages").await, "Erred.");
            }

            #[tokio::test]
            async fn a_body_that_holds_the_session_is_not_cached_by_others() {
                let answer = ordinary().await.go("GET", "/held").await;
                assert_eq!((answer.status, answer.body.as_str()), (200, "streamed"));
                assert_eq!(answer.lines("vary"), ["Cookie"]);
                assert_eq!(answer.lines("cache-control"), ["max-age=60, private"]);
            }

            #[tokio::test]
            async fn a_logout_removes_the_cookie_and_holds() {
                let mut browser = ordinary().await;
                browser.go("GET", "/count").await;
                let before = browser.jar["session"].clone();
                browser.go("POST", "/logout").await;
                assert_eq!(browser.jar.keys().collect::<Vec<_>>(), ["session.ended"]);
                browser.jar.insert("session".into(), before);
                assert_eq!(browser.text("/count").await, "1");
            }

            #[tokio::test]
            async fn a_cookie_of_the_app_with_the_same_name_is_replaced() {
                let mut browser = ordinary().await;
                let answer = browser.go("GET", "/own-cookie").await;
                let lines = answer.lines("set-cookie");
                assert_eq!(lines.len(), 2, "{lines:?}");
                assert!(lines.iter().any(|line| line.starts_with("theme=dark")), "{lines:?}");
                assert!(!lines.iter().any(|line| line.contains("the-apps")), "{lines:?}");
                assert_eq!(browser.text("/count").await, "2");
            }

            #[tokio::test]
            async fn without_the_session_layer_there_is_a_500() {
                let answer = Browser::new(bare().await).go("GET", "/count").await;
                assert_eq!(answer.status, 500);
                assert!(MISSING.is_empty() || answer.body.contains(MISSING), "{}", answer.body);
            }

            #[tokio::test]
            async fn two_sessions_of_two_types_are_two_cookies() {
                let mut browser = Browser::new(two(factory("session"), factory("prefs")).await);
                browser.go("GET", "/both").await;
                assert_eq!(browser.jar.keys().collect::<Vec<_>>(), ["prefs", "session"]);
                assert_eq!(browser.text("/both").await, "2 dark");
            }
        }
    };
}
#[allow(unused_imports, reason = "each test program uses some of it")]
pub(crate) use promises;
