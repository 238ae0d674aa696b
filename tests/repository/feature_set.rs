//! Checks that the crate needs from its platform only what its features need.

use std::process::Command;

/// Returns the names of the crates that the given features need on any platform.
fn crates(features: &[&str]) -> Vec<String> {
    tree(&[&["--target", "all"], features].concat())
}

fn tree(args: &[&str]) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .args(args)
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates = String::from_utf8(tree.stdout).unwrap();
    assert!(crates.contains("signed_cookie_session"));
    crates.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_library_is_no_more_than_forty_five_crates() {
    let mut crates = tree(&[]);
    crates.sort();
    crates.dedup();
    assert!(crates.len() <= 45, "{} crates: {crates:?}", crates.len());
}

/// Crates that read random bytes from the operating system, or call the engine of a browser.
const PLATFORM: [&str; 8] =
    ["getrandom", "rand", "rand_core", "fastrand", "wasm_bindgen", "js_sys", "web_sys", "web_time"];

#[test]
fn without_default_features_no_crate_asks_for_random_bytes() {
    let crates = crates(&["--no-default-features"]);
    for name in PLATFORM {
        assert!(!crates.iter().any(|lib| lib == name), "{name} among {crates:?}");
    }
}

#[test]
fn the_random_source_of_the_operating_system_is_a_default() {
    assert!(crates(&[]).iter().any(|lib| lib == "getrandom"));
}

#[test]
fn no_framework_is_a_dependency_unless_it_is_requested() {
    let frameworks = ["actix_web", "axum", "axum_core", "hyper", "tokio", "tower_layer", "tower_service"];
    let brought = |features: &[&str]| -> Vec<String> {
        let crates = crates(features);
        frameworks.into_iter().filter(|name| crates.iter().any(|lib| lib == name)).map(str::to_owned).collect()
    };
    assert!(brought(&[]).is_empty());
    assert_eq!(brought(&["--features", "tower"]), ["tower_layer", "tower_service"]);
    assert_eq!(brought(&["--features", "axum"]), ["axum_core", "tower_layer", "tower_service"]);
    assert_eq!(brought(&["--features", "actix-web"]), ["actix_web", "tokio"]);
}

#[cfg(not(feature = "getrandom"))]
#[test]
fn without_a_random_source_only_new_csrf_tokens_are_missing() {
    use signed_cookie_session::{Secret, SignedCookieFactory};
    let sessions = SignedCookieFactory::new(Secret::legacy("seekrit").unwrap());
    let session = sessions.load_cookies([""]);
    session.insert("user", "ada").unwrap();
    session.insert("_csrft_", "Pyramid's").unwrap();
    assert!(session.verify_csrf_token("Pyramid's"));
    // At a login without a new token, the old token must be removed.
    session.regenerate();
    assert!(!session.verify_csrf_token("Pyramid's"));
    assert_eq!(sessions.decode(&sessions.encode(&session).unwrap()).unwrap().keys(), ["user"]);
}

#[test]
fn a_factory_works_with_its_own_clock_and_random_source() {
    use signed_cookie_session::{Secret, SignedCookieFactory};
    let sessions = SignedCookieFactory::builder(Secret::legacy("seekrit").unwrap())
        .clock(|| std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000))
        .random(|bytes| bytes.fill(0x5a))
        .build()
        .unwrap();
    let session = sessions.load_cookies([""]);
    assert_eq!(session.csrf_token(), "5a".repeat(20));
    session.regenerate();
    assert!(session.verify_csrf_token(&session.masked_csrf_token()));
    let session = sessions.decode(&sessions.encode(&session).unwrap()).unwrap();
    assert_eq!(session.new_csrf_token(), "5a".repeat(20));
}
