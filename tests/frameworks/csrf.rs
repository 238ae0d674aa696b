//! CSRF protection in the frameworks: a form with a token, and a layer for the origin. axum and actix-web get the same
//! requests.

use serde::Deserialize;
use signed_cookie_session::{CsrfOrigin, Secret, Session, SignedCookieFactory};

const FORM: &str = "application/x-www-form-urlencoded";

fn sessions() -> SignedCookieFactory {
    SignedCookieFactory::new(Secret::new(b"a secret that only the tests use").unwrap())
}

fn origin() -> CsrfOrigin {
    CsrfOrigin::new(["https://example.com"]).unwrap()
}

#[derive(Deserialize)]
struct Order {
    item: Vec<String>,
    amount: u8,
}

fn ordered(session: &Session, order: &Order) -> String {
    session.insert("ordered", true).unwrap();
    format!("{} times {}", order.amount, order.item.join(" and "))
}

/// Returns the cookie of a session, and its token, plain and masked.
fn visitor() -> (String, [String; 2]) {
    let sessions = sessions();
    let session = sessions.load_cookies([""]);
    let tokens = [session.csrf_token(), session.masked_csrf_token()];
    (format!("session={}", sessions.encode(&session).unwrap()), tokens)
}

/// The request of a browser, and the expected response.
struct Case {
    content_type: &'static str,
    body: String,
    status: u16,
    words: &'static str,
}

fn cases(tokens: &[String]) -> Vec<Case> {
    let case = |content_type, body: &str, status, words| Case { content_type, body: body.into(), status, words };
    let (plain, masked) = (&tokens[0], tokens[1].replace('=', "%3D"));
    vec![
        case(FORM, &format!("item=figs&item=a%26b&amount=2&csrf_token={plain}"), 200, "2 times figs and a&b"),
        case(FORM, &format!("csrf_token={masked}&item=figs&amount=1"), 200, "1 times figs"),
        case(
            "Application/X-WWW-Form-Urlencoded; charset=utf-8",
            &format!("csrf_token={plain}&item=x&amount=1"),
            200,
            "x",
        ),
        case(FORM, "item=figs&amount=2", 403, "no csrf_token field"),
        case(FORM, "", 403, "no csrf_token field"),
        case(FORM, "item=figs&amount=2&csrf_token=", 403, "not this session's"),
        case(FORM, &format!("item=figs&amount=2&csrf_token=&csrf_token={plain}"), 403, "not this session's"),
        case(FORM, &format!("item=figs&amount=2&csrf_token={}", "0".repeat(40)), 403, "not this session's"),
        case(FORM, &format!("amount=many&csrf_token={plain}"), 422, "fields do not fit"),
        case(FORM, &format!("csrf_token={plain}&essay={}", "x".repeat(3_000_000)), 413, ""),
        case("multipart/form-data; boundary=x", &format!("csrf_token={plain}"), 415, "Content-Type"),
        case("", &format!("csrf_token={plain}"), 415, "Content-Type"),
    ]
}

/// The method and the headers of a request, and whether it passes.
type Origin = (&'static str, &'static [(&'static str, &'static str)], bool);

const ORIGINS: [Origin; 9] = [
    ("GET", &[], true),
    ("GET", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], true),
    ("HEAD", &[], true),
    ("POST", &[], false),
    ("POST", &[("sec-fetch-site", "same-origin")], true),
    ("DELETE", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], false),
    ("PUT", &[("referer", "https://example.com/page")], true),
    ("POST", &[("origin", "https://example.com"), ("origin", "https://example.com")], false),
    ("GET", &[("upgrade", "websocket"), ("origin", "https://evil.example")], false),
];

#[cfg(feature = "axum")]
mod axum {
    use ::axum::Router;
    use ::axum::body::{Body, to_bytes};
    use ::axum::routing::{any, post};
    use http::{Request, Response};
    use signed_cookie_session::axum::CsrfForm;
    use signed_cookie_session::tower::{CsrfOriginLayer, SessionLayer};
    use signed_cookie_session::{CsrfFormError, CsrfOriginError, Session};
    use tower_service::Service;

    use super::{ORIGINS, Order, cases, ordered, origin, sessions, visitor};

    async fn order(session: Session, CsrfForm(order): CsrfForm<Order>) -> String {
        ordered(&session, &order)
    }

    async fn own_page(order: Result<CsrfForm<Order>, CsrfFormError>) -> String {
        order.err().map_or("ordered".into(), |error| format!("own page, forged: {}", error.is_forged()))
    }

    async fn send(app: &Router, request: Request<Body>) -> (Response<()>, String) {
        let (head, body) = app.clone().call(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(head, ()), String::from_utf8(body.into()).unwrap())
    }

    #[tokio::test]
    async fn a_form_is_accepted_only_with_the_sessions_token() {
        let routes = Router::new().route("/", post(order)).route("/own", post(own_page));
        let app = routes.clone().layer(SessionLayer::new(sessions()));
        let (cookie, tokens) = visitor();
        let request = |path: &str, content_type: &str, body: &str| {
            let request = Request::post(path).header("cookie", &cookie).header("content-type", content_type);
            request.body(Body::from(body.to_owned())).unwrap()
        };
        for case in cases(&tokens) {
            let (response, body) = send(&app, request("/", case.content_type, &case.body)).await;
            assert_eq!(response.status(), case.status, "{body}");
            assert!(body.contains(case.words), "{body}");
            assert_eq!(response.headers().contains_key("set-cookie"), case.status == 200);
        }
        let (_, body) = send(&app, request("/own", super::FORM, "item=figs")).await;
        assert_eq!(body, "own page, forged: true");
        let (response, body) = send(&routes, request("/", super::FORM, "item=figs")).await;
        assert_eq!((response.status().as_u16(), body.contains("SessionLayer")), (500, true), "{body}");
    }

    #[tokio::test]
    async fn the_layer_refuses_requests_from_other_sites() {
        let app = Router::new().route("/", any(async || "passed")).layer(CsrfOriginLayer::new(origin()));
        for (method, headers, passes) in ORIGINS {
            let request = Request::builder().method(method).uri("/");
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let (response, body) = send(&app, request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.status(), if passes { 200 } else { 403 }, "{method} {headers:?}");
            let error = response.extensions().get::<CsrfOriginError>();
            assert_eq!(error.map(ToString::to_string), (!passes).then_some(body), "{method} {headers:?}");
        }
    }
}

#[cfg(feature = "actix-web")]
mod actix_web {
    use ::actix_web::dev::Service;
    use ::actix_web::test::{TestRequest, init_service, read_body};
    use ::actix_web::{App, web};
    use signed_cookie_session::actix_web::{CsrfForm, CsrfOriginMiddleware, SessionMiddleware};
    use signed_cookie_session::{CsrfFormError, CsrfOriginError, Session};

    use super::{ORIGINS, Order, cases, ordered, origin, sessions, visitor};

    async fn order(session: Session, form: CsrfForm<Order>) -> String {
        ordered(&session, &form.0)
    }

    async fn own_page(order: Result<CsrfForm<Order>, CsrfFormError>) -> String {
        order.err().map_or("ordered".into(), |error| format!("own page, forged: {}", error.is_forged()))
    }

    #[tokio::test]
    async fn a_form_is_accepted_only_with_the_sessions_token() {
        let with = App::new().wrap(SessionMiddleware::new(sessions()));
        let app = init_service(with.route("/", web::post().to(order)).route("/own", web::post().to(own_page))).await;
        let (cookie, tokens) = visitor();
        let request = |path: &str, content_type: &'static str, body: String| {
            let request = TestRequest::post().uri(path).insert_header(("cookie", cookie.clone()));
            request.insert_header(("content-type", content_type)).set_payload(body).to_request()
        };
        for case in cases(&tokens) {
            let response = app.call(request("/", case.content_type, case.body)).await.unwrap();
            let (status, wrote) = (response.status().as_u16(), response.headers().contains_key("set-cookie"));
            let body = String::from_utf8(read_body(response).await.into()).unwrap();
            assert_eq!(status, case.status, "{body}");
            assert!(body.contains(case.words), "{body}");
            assert_eq!(wrote, case.status == 200);
        }
        let response = app.call(request("/own", super::FORM, "item=figs".into())).await.unwrap();
        assert_eq!(read_body(response).await, "own page, forged: true");
        let without = init_service(App::new().route("/", web::post().to(order))).await;
        let response = without.call(request("/", super::FORM, "item=figs".into())).await.unwrap();
        assert_eq!(response.status(), 500);
    }

    #[tokio::test]
    async fn the_middleware_refuses_requests_from_other_sites() {
        let app = App::new().wrap(CsrfOriginMiddleware::new(origin())).route("/", web::to(async || "passed"));
        let app = init_service(app).await;
        for (method, headers, passes) in ORIGINS {
            let request = TestRequest::default().method(method.parse().unwrap());
            let request = headers.iter().fold(request, |request, header| request.append_header(*header));
            let response = app.call(request.to_request()).await.unwrap();
            assert_eq!(response.status(), if passes { 200 } else { 403 }, "{method} {headers:?}");
            let error = response.response().extensions().get::<CsrfOriginError>().map(ToString::to_string);
            assert_eq!(error.is_some(), !passes, "{method} {headers:?}");
            if let Some(error) = error {
                assert_eq!(read_body(response).await, error);
            }
        }
    }
}
