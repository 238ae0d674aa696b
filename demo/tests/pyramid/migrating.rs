//! Runs the commands of `MIGRATING.md`, and compares their output with the page. This needs a Python with Pyramid,
//! bash, curl and openssl; `tests/pyramid/python.rs` describes what happens without it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::folder::Folder;
use crate::{python, script};

const PAGE: &str = include_str!("../../../MIGRATING.md");

/// Returns the contents of the fenced blocks of a language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let fence = format!("```{language}\n");
    let blocks = PAGE.match_indices("```").filter_map(move |(at, _)| PAGE[at..].strip_prefix(&*fence));
    blocks.map(|rest| rest.split_once("```").expect("a block ends").0)
}

/// Returns texts of the page, each with the text that replaces it in this test.
fn here(python: &Path) -> [(&'static str, String); 6] {
    // Both are open at the same time, so that they have two ports.
    let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let [pyramid, rust] = free.map(|port| port.local_addr().expect("its address").port().to_string());
    [
        ("6543", pyramid),
        ("6544", rust),
        // The demo was built together with this test.
        ("cargo build --quiet -p demo", "true".to_owned()),
        ("cargo run --quiet -p demo", env!("CARGO_BIN_EXE_demo").to_owned()),
        ("tests/pyramid/site.py", script().display().to_string()),
        ("python3", python.display().to_string()),
    ]
}

fn is_there(program: &str) -> bool {
    let found = Command::new("bash").args(["-c", "command -v \"$0\"", program]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

#[test]
fn the_commands_print_what_the_page_says() {
    let Some(python) = python::with("pyramid, waitress") else { return };
    for program in ["bash", "curl", "openssl"] {
        if !is_there(program) {
            return python::skip(&format!("{program} is not installed"));
        }
    }
    let mut commands = String::from("set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n");
    commands.extend(blocks("sh"));
    for (on_the_page, here) in here(Path::new(&python)) {
        assert!(commands.contains(on_the_page), "{on_the_page}");
        commands = commands.replace(on_the_page, &here);
    }
    let folder = Folder::new();
    let run = Command::new("bash").args(["-c", &commands]).current_dir(folder.path()).output().expect("bash runs");
    let (printed, complaints) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert_eq!(printed, blocks("text").collect::<String>(), "{complaints}");
    assert!(run.status.success(), "{complaints}");
}
