//! A small site whose visitors are remembered by a signed cookie alone, served over HTTP on 127.0.0.1.
//!
//! ```text
//! cargo run -p demo
//! curl -c jar -b jar http://127.0.0.1:8080/
//! ```
//!
//! It does what the tutorials of Pyramid and BottleSessions do: a counter shared by two pages, values
//! set and read by address, a flash message after a form, a login. It uses no framework; `site.rs` holds
//! the three calls that a session takes, `load`, the change and `save`.
//!
//! | variable | what it is |
//! |---|---|
//! | `PORT` | where to listen on 127.0.0.1; 8080 unless it is set, and 0 takes a free one. The first line of standard output names it |
//! | `SESSION_SECRET` | what signs the sessions, at least 32 bytes; without it one is generated, and the sessions end with the process |
//! | `SESSION_SECRET_OLD` | a secret that verifies and does not sign: in a rotation the old one, or before that the next one |
//! | `COOKIE_NAME` | `session` unless it is set. One that begins with `__Host-` or `__Secure-` makes the cookie Secure, which Chromium and Firefox take from plain HTTP on 127.0.0.1 and Safari does not |
//! | `CLOCK_OFFSET` | seconds that this server's clock is ahead, negative for behind: to see what a fleet of servers makes of clocks that differ |

mod config;
mod failure;
mod form;
mod html;
mod layout;
mod page;
mod panel;
mod percent;
mod routes;
mod server;
mod site;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let served = match config::Config::from_env() {
        Ok(config) => server::serve(config).await,
        Err(sentence) => Err(sentence),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("demo: {sentence}");
            ExitCode::FAILURE
        }
    }
}
