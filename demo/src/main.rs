//! A small site that remembers its visitors in one cookie, and shows how. It listens on 127.0.0.1.
//!
//! ```text
//! cargo run -p demo
//! cargo run -p demo -- --help
//! curl -c jar -b jar http://127.0.0.1:8080/
//! ```
//!
//! It uses axum. Begin with `cards/`: each file there is one card of the page. `site.rs` has all routes, and
//! `sessions.rs` has all settings. A page is drawn in two steps, because it shows the cookies of its own response: a
//! handler returns a `Page`, and `frame.rs` draws it after the session is saved.

mod anatomy;
mod cards;
mod certificate;
mod config;
mod cookies;
mod failure;
mod frame;
mod home;
mod html;
mod options;
mod page;
mod seen;
mod server;
mod sessions;
mod site;
mod snippet;
mod user;

use std::process::ExitCode;

use config::Config;
use options::{HELP, Options};

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(sentence) => return fail(&sentence, ExitCode::from(2)),
    };
    if options.help {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let served = match Config::from_env(options.https) {
        Ok(config) => server::serve(config, options.certificate.as_deref()).await,
        Err(sentence) => Err(sentence),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => fail(&sentence, ExitCode::FAILURE),
    }
}

fn fail(sentence: &str, code: ExitCode) -> ExitCode {
    eprintln!("demo: {sentence}");
    code
}
