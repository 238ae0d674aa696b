//! Runs the commands of the pages in `docs/migrating/`, and compares their output with the pages.
#![cfg(feature = "cli")]

use std::env;
use std::path::Path;
use std::process::Command;

use crate::peer::Peer;

const PAGES: [(&str, &str); 6] = [
    ("flask", include_str!("../../docs/migrating/flask.md")),
    ("django", include_str!("../../docs/migrating/django.md")),
    ("starlette", include_str!("../../docs/migrating/starlette.md")),
    ("express", include_str!("../../docs/migrating/express.md")),
    ("react-router", include_str!("../../docs/migrating/remix.md")),
    ("rails", include_str!("../../docs/migrating/rails.md")),
];

/// Returns the fenced blocks of a language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("```{language}\n");
    page.split(&*fence).skip(1).map(|rest| rest.split_once("```").expect("a block ends").0).collect()
}

#[test]
fn the_commands_print_what_the_pages_say() {
    for (framework, page) in PAGES {
        let is_there = match framework {
            "flask" | "django" | "starlette" => Peer::python(framework, "secret").is_some(),
            "rails" => true,
            _ => Peer::node(framework, &["secret"]).is_some(),
        };
        if !is_there {
            continue;
        }
        let commands = blocks(page, "sh");
        let expected = blocks(page, "text");
        assert_eq!((commands.len(), expected.len()), (1, 1), "{framework}");
        let program = Path::new(env!("CARGO_BIN_EXE_session-cookie")).parent().unwrap().to_owned();
        let python = env::var_os("FORMATS_PYTHON").map(|python| Path::new(&python).parent().unwrap().to_owned());
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [program].into_iter().chain(python).chain(env::split_paths(&path));
        let run = Command::new("bash")
            .args(["-c", &format!("set -euo pipefail\n{}", commands[0])])
            .env("PATH", env::join_paths(folders).unwrap())
            .env("NODE_PATH", env::var_os("FORMATS_NODE_MODULES").unwrap_or_default())
            .output()
            .expect("bash runs");
        let (printed, complaints) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert_eq!(printed, expected[0], "{framework}: {complaints}");
        assert!(run.status.success(), "{framework}: {complaints}");
    }
}
