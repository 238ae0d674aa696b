//! The command with the cookies of every format.

use serde_json::{Value, json};

use crate::{NEW, OLD, command, file};

const FORMATS: [&str; 9] =
    ["signed", "encrypted", "flask", "django", "starlette", "express", "react-router", "rails", "rails-sha1"];

fn vectors(framework: &str) -> Value {
    let path = format!("{}/tests/vectors/foreign/{framework}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns for each format its name, the cookies as a line, their secret, and the session as JSON.
fn cookies() -> Vec<(&'static str, String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let plain = || json!({"user": "ada", "visits": 3});
    let (flask, django, starlette) = (vectors("flask"), vectors("django"), vectors("starlette"));
    let (express, router, rails) = (vectors("express"), vectors("react-router"), vectors("rails"));
    let pair = |vectors: &Value, name: &str| format!("{name}={}", text(&vectors["cases"]["plain"]["value"]));
    let both = &express["cases"]["plain"]["cookies"];
    vec![
        ("flask", pair(&flask, "session"), text(&flask["secret"]), plain()),
        ("django", pair(&django, "sessionid"), text(&django["secret"]), plain()),
        ("starlette", pair(&starlette, "session"), text(&starlette["secret"]), plain()),
        (
            "express",
            format!("session={}; session.sig={}", text(&both["session"]), text(&both["session.sig"])),
            text(&express["keys"][0]),
            plain(),
        ),
        (
            "react-router",
            text(&router["cases"]["react-router_plain"]["set_cookie"]).split(';').next().unwrap().to_owned(),
            text(&router["secrets"][0]),
            plain(),
        ),
        (
            "rails",
            format!("_shop_session={}", text(&rails["cases"]["rails_7_0_to_8_new_app"]["sent_as"])),
            text(&rails["secret_key_base"]),
            rails["values"].clone(),
        ),
    ]
}

#[test]
fn inspect_recognises_every_format_by_its_form() {
    for (format, line, secret, data) in cookies() {
        let line = format!("Cookie: {line}");
        let inspect = || {
            let name = if format == "rails" { &["--name", "_shop_session"][..] } else { &[] };
            command(&[&["inspect", "--at", "1790000060", "--json"], name].concat()).input(&*line)
        };
        let seen = inspect().json();
        assert_eq!((&seen["format"], &seen["verified"]), (&json!(format), &json!(false)), "{seen}");
        let shown = if format == "rails" { json!({}) } else { data.clone() };
        assert_eq!(seen["data"], shown, "{format}");

        let seen = inspect().env("SESSION_SECRET", &secret).json();
        assert_eq!((&seen["verified"], &seen["outcome"]), (&json!(true), &json!("Valid")), "{seen}");
        assert_eq!(seen["data"], data, "{format}");
        let seen = inspect().env("SESSION_SECRET", NEW).json();
        assert_eq!((&seen["verified"], &seen["outcome"]), (&json!(false), &json!("BadSignature")), "{seen}");
    }
}

#[test]
fn inspect_shows_the_format() {
    for (format, line, secret, _) in cookies().into_iter().filter(|(format, ..)| *format != "rails") {
        let shown = command(&["inspect", "--at", "1790000060"]).env("SESSION_SECRET", &secret).input(line).ok();
        assert!(shown.contains(&format!("format     {format}")), "{shown}");
        assert!(shown.contains("verifies") && shown.contains("\"ada\""), "{shown}");
    }
    let value = command(&["sign", "--format", "encrypted"]).env("SESSION_SECRET", NEW).input("{\"a\":1}").ok();
    let hidden = command(&["inspect"]).input(&*value).ok();
    assert!(hidden.contains("format     encrypted") && hidden.contains("It is encrypted: give its secret"), "{hidden}");
    let shown = command(&["inspect"]).env("SESSION_SECRET", NEW).input(&*value).ok();
    assert!(shown.contains("verifies") && !shown.contains("It is encrypted"), "{shown}");
}

#[test]
fn verify_accepts_a_signed_cookie_in_its_own_format_only() {
    for format in FORMATS {
        let value = command(&["sign", "--format", format]).env("SESSION_SECRET", NEW).input("{\"user\":\"ada\"}").ok();
        let verify = |format| command(&["verify", "--format", format]).env("SESSION_SECRET", NEW).input(&*value).all();
        assert_eq!(verify(format).0, 0, "{format}: {value}");
        for other in FORMATS.into_iter().filter(|other| *other != format) {
            let is_pair = format.starts_with("rails") && other.starts_with("rails");
            assert_eq!(verify(other).0, i32::from(!is_pair), "{format} as {other}");
        }
        let (status, said, _) =
            command(&["verify", "--format", format]).env("SESSION_SECRET", OLD).input(&*value).all();
        assert_eq!(status, 1, "{said}");
    }
    let value = command(&["sign", "--format", "flask"]).env("SESSION_SECRET", NEW).input("{\"user\":\"ada\"}").ok();
    let (_, said, _) = command(&["verify"]).env("SESSION_SECRET", NEW).input(value).all();
    assert!(said.contains("give --format flask"), "{said}");
}

#[test]
fn the_format_of_a_settings_file_brings_its_defaults() {
    for (framework, line, secret, data) in cookies() {
        // An application wrote this at 1790000000. The file does not set its timeout.
        let settings = match framework {
            "rails" => "[session]\nformat = \"rails\"\ncookie_name = \"_shop_session\"\n".to_owned(),
            _ => format!("[session]\nformat = \"{framework}\"\n"),
        };
        let file = file(&format!("{framework}.toml"), &settings);
        let run = |name, arguments: &[&str], secret: &str| {
            let arguments = [&[name, "--settings", &file, "--at", "1790000060"], arguments].concat();
            command(&arguments).env("SESSION_SECRET", secret).input(format!("Cookie: {line}"))
        };
        assert_eq!(run("verify", &[], &secret).all().0, 0, "{framework}");
        assert_eq!(run("verify", &[], NEW).all().0, 1, "{framework}");
        // The cookies of the others do not say when they were signed.
        let is_dated = ["flask", "django", "starlette"].contains(&framework);
        assert_eq!(run("verify", &["--timeout", "1s"], &secret).all().0, i32::from(is_dated), "{framework}");
        let seen = run("inspect", &["--json"], &secret).json();
        assert_eq!((&seen["format"], &seen["data"]), (&json!(framework), &data), "{framework}");
    }
}

#[test]
fn rotate_accepts_a_format() {
    for format in FORMATS {
        let sign = |secret| {
            command(&["sign", "--format", format]).env("SESSION_SECRET", secret).input("{\"user\":\"ada\"}").ok()
        };
        let lines = format!("{}{}", sign(NEW), sign(OLD));
        let rotate = |arguments: &[&str]| {
            command(&[&["rotate", "--format", format], arguments].concat())
                .env("SESSION_SECRET", NEW)
                .env("OLD", OLD)
                .input(&*lines)
                .all()
        };
        assert_eq!(rotate(&[]).0, 1, "{format}");
        let (status, said, error) = rotate(&["--old-secret-env", "OLD"]);
        assert_eq!(status, 0, "{format}: {said}{error}");
    }
}

#[test]
fn an_unknown_format_is_refused_with_a_list_of_formats() {
    let (status, _, error) = command(&["sign", "--format", "laravel"]).env("SESSION_SECRET", NEW).input("{}").all();
    assert_eq!(status, 2);
    assert!(error.contains("react-router"), "{error}");
}
