//! Runs the command `session-cookie` as an operator does.

mod formats;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use serde_json::{Value, json};
use signed_cookie_session::{Builder, Secret, Session, SignedCookieFactory};

const NEW: &str = "an obvious secret of the tests: the new one";
const OLD: &str = "an obvious secret of the tests: the old one";
const NOW: u64 = 1_790_000_000;

struct Run {
    command: Command,
    input: String,
}

/// Returns `session-cookie` without the environment of this machine.
fn command(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_session-cookie"));
    command.args(arguments).env_clear();
    Run { command, input: String::new() }
}

/// Returns the command with a time a minute after the cookies here were made.
fn soon(arguments: &[&str]) -> Run {
    let run = command(arguments);
    let at = (NOW + 60).to_string();
    let Run { mut command, input } = run;
    command.args(["--at", &at]);
    Run { command, input }
}

impl Run {
    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    fn output(mut self) -> Output {
        let mut child =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that fails early does not read its input.
        let _ = child.stdin.take().unwrap().write_all(self.input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// The exit status, standard output and standard error.
    fn all(self) -> (i32, String, String) {
        let output = self.output();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Returns the standard output of a run with exit status 0.
    #[track_caller]
    fn ok(self) -> String {
        let (status, out, error) = self.all();
        assert_eq!((status, error.as_str()), (0, ""), "{out}");
        out
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// Returns the error of a run with exit status 2.
    #[track_caller]
    fn sentence(self) -> String {
        let (status, out, error) = self.all();
        assert_eq!((status, out.as_str()), (2, ""), "{error}");
        assert!(!error.contains("panicked"), "{error}");
        error
    }
}

fn build(builder: Builder, fill: impl FnOnce(&Session)) -> String {
    let sessions = builder.clock(|| UNIX_EPOCH + Duration::from_secs(NOW)).build().unwrap();
    let session = sessions.load(&HeaderMap::new());
    fill(&session);
    sessions.encode(&session).unwrap()
}

fn signed(secret: impl AsRef<[u8]>) -> Builder {
    SignedCookieFactory::builder(Secret::legacy(secret).unwrap())
}

/// Returns a cookie of one user, signed with this secret.
fn cookie(secret: &str) -> String {
    build(signed(secret), |session| session.insert("user", "ada").unwrap())
}

/// Writes a file with this content into the tests' folder.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().into()
}

#[test]
fn generated_secrets_are_accepted_and_differ() {
    let (one, other) = (command(&["secret"]).ok(), command(&["secret"]).ok());
    assert_ne!(one, other);
    let secret = one.strip_suffix('\n').unwrap();
    assert!(secret.len() == 128 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
    let path = file("drawn.key", &one);
    let sessions = SignedCookieFactory::new(Secret::from_file(&path).unwrap());
    let value = sessions.encode(&sessions.load(&HeaderMap::new())).unwrap();
    assert_eq!(command(&["verify", "--secret-env", "KEY", &value]).env("KEY", secret).all().0, 0);
}

#[test]
fn inspect_shows_what_a_cookie_holds_and_who_signed_it() {
    let value = build(signed(NEW), |session| {
        session.insert("user", "ada").unwrap();
        session.insert("visits", 7).unwrap();
        session.flash().push("Saved.").unwrap();
    });
    let shown = soon(&["inspect", &value]).env("SESSION_SECRET", NEW).ok();
    assert_eq!(
        shown,
        "Session cookie  186 of 4064 bytes (4 %)\n\
         \n\
         \x20 signature  verifies under SESSION_SECRET (SHA-512, salt 'pyramid.session.')\n\
         \x20 created    2026-09-21 14:13:20 UTC  1 minute ago\n\
         \x20 renewed    2026-09-21 14:13:20 UTC  1 minute ago\n\
         \x20 expires    2026-09-21 14:33:20 UTC  in 19 minutes, with a timeout of 1200 seconds\n\
         \n\
         \x20 user     5 B  \"ada\"\n\
         \x20 visits   1 B  7\n\
         \x20 _f_     10 B  [\"Saved.\"]  (flash messages)\n"
    );
}

#[test]
fn inspect_without_a_secret_says_that_nothing_is_verified() {
    let shown = soon(&["inspect", &cookie(NEW)]).ok();
    assert!(shown.contains("NOT VERIFIED: no secret was given, and anybody can have written this"), "{shown}");
    assert!(shown.contains("user  5 B  \"ada\""), "{shown}");
    let shown = soon(&["inspect", "--json", &cookie(NEW)]).json();
    assert_eq!((&shown["verified"], &shown["outcome"]), (&json!(false), &Value::Null));
}

#[test]
fn inspect_shows_a_cookie_that_does_not_verify_and_says_so() {
    let shown = soon(&["inspect", &cookie(OLD)]).env("SESSION_SECRET", NEW).ok();
    assert!(shown.contains("DOES NOT VERIFY under SESSION_SECRET (SHA-512, salt 'pyramid.session.')"), "{shown}");
    assert!(shown.contains("give an older one with --old-secret-env"), "{shown}");
    assert!(shown.contains("user  5 B  \"ada\""), "{shown}");
}

#[test]
fn inspect_names_the_old_secret_that_signed() {
    let run = soon(&["inspect", "--json", "--old-secret-env", "OTHER", "--old-secret-env", "OLDER", &cookie(OLD)]);
    let shown = run.env("SESSION_SECRET", NEW).env("OTHER", "another secret").env("OLDER", OLD).json();
    assert_eq!(shown["secret"], "OLDER");
    assert_eq!(shown["secret_position"], 2);
    assert_eq!(shown["outcome"], "ValidUnderOldSecret");
}

#[test]
fn inspect_in_json_holds_everything_with_every_digit() {
    let value =
        soon(&["sign"]).env("SESSION_SECRET", NEW).input(r#"{"z": 123456789012345678901234567890, "a": [1.10]}"#).ok();
    let shown = soon(&["inspect", "--json", "-"]).env("SESSION_SECRET", NEW).input(&value).ok();
    assert!(shown.ends_with("\"data\":{\"z\":123456789012345678901234567890,\"a\":[1.10]}}\n"), "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        shown["keys"],
        json!([
            {"key": "z", "size": 30, "readable": true, "role": null},
            {"key": "a", "size": 6, "readable": true, "role": null},
        ])
    );
    assert_eq!((&shown["line"], &shown["salt"]), (&json!(1), &json!("pyramid.session.")));
    assert_eq!((&shown["timeout"], &shown["expires"]), (&json!(1200), &json!((NOW + 1260) as f64)));
    assert_eq!(shown["created"], json!((NOW + 60) as f64));
    assert_eq!(shown["age"], json!(0.0));
    assert_eq!((&shown["size"], &shown["limit"]), (&json!(value.trim().len()), &json!(4064)));
    assert_eq!(shown["hash"], "sha512");
}

#[test]
fn a_cookie_is_found_in_each_kind_of_input() {
    let value = cookie(NEW);
    let inputs = [
        value.clone(),
        format!("  \"{value}\"\n"),
        format!("session={value}"),
        format!("theme=dark; session={value}; lang=en"),
        format!("Cookie: theme=dark; session={value}"),
        format!("set-cookie: session={value}; HttpOnly; SameSite=Lax; Secure; Path=/"),
        format!("session={value}; HttpOnly; SameSite=Lax; Secure; Path=/"),
        format!("< HTTP/2 200\r\n< Content-Type: text/html\r\n< Set-Cookie: session={value}; Path=/\r\n"),
        format!(
            "HTTP/1.1 200 OK\r\nServer: x\r\nSet-Cookie: a=b\r\nSet-Cookie: session={value}; Path=/\r\n\r\n<p>session=x</p>"
        ),
        format!(
            "# Netscape HTTP Cookie File\n\n#HttpOnly_example.com\tFALSE\t/\tTRUE\t0\ttheme\tdark\nexample.com\tFALSE\t/\tTRUE\t0\tsession\t{value}\n"
        ),
    ];
    for input in inputs {
        let (status, out, error) = soon(&["verify"]).env("SESSION_SECRET", NEW).input(&input).all();
        assert_eq!((status, error.as_str()), (0, ""), "{input}\n{out}");
        if !input.starts_with('<') && !input.starts_with('#') {
            assert_eq!(soon(&["verify", &input]).env("SESSION_SECRET", NEW).all().0, 0, "{input}");
        }
    }
}

#[test]
fn a_cookie_that_begins_with_a_hyphen_is_not_an_option() {
    let mut values = (0..).map(|salt| (salt, build(signed(NEW).salt(format!("{salt}")), |_| ())));
    let (salt, value) = values.find(|(_, value)| value.starts_with('-')).unwrap();
    let out = soon(&["verify", &value, "--salt", &salt.to_string()]).env("SESSION_SECRET", NEW).ok();
    assert_eq!(out, "the session is valid (signed under SESSION_SECRET)\n");
}

#[test]
fn several_cookies_are_inspected_one_after_the_other() {
    let input = format!("{}\ngarbage\n{}\n", cookie(NEW), cookie(OLD));
    let shown = soon(&["inspect", "--json"]).env("SESSION_SECRET", NEW).input(&input).ok();
    let outcomes: Vec<Value> =
        shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["outcome"].clone()).collect();
    assert_eq!(outcomes, ["Valid", "Malformed", "BadSignature"]);
    let shown = soon(&["inspect"]).env("SESSION_SECRET", NEW).input(&input).ok();
    assert!(
        shown.contains("Line 1\n") && shown.contains("Line 2: not a session cookie: ") && shown.contains("Line 3\n")
    );
}

#[test]
fn verify_answers_scripts_with_its_exit_status() {
    let status =
        |arguments: &[&str], secret| soon(&[&["verify"], arguments].concat()).env("SESSION_SECRET", secret).all().0;
    assert_eq!(status(&[&cookie(NEW)], NEW), 0);
    assert_eq!(status(&[&cookie(OLD)], NEW), 1);
    assert_eq!(status(&["no session"], NEW), 1);
    assert_eq!(status(&["--timeout", "59", &cookie(NEW)], NEW), 1);
    assert_eq!(status(&["--timeout", "60", &cookie(NEW)], NEW), 0);
    assert_eq!(status(&["--timeout", "off", &cookie(NEW)], NEW), 0);
    assert_eq!(status(&["--no-such-option", &cookie(NEW)], NEW), 2);
    assert_eq!(soon(&["verify", &cookie(NEW)]).all().0, 2);
    let old = soon(&["verify", "--old-secret-env", "OLD", &cookie(OLD)]).env("SESSION_SECRET", NEW).env("OLD", OLD);
    assert_eq!(old.ok(), "the session is valid under a secret that only verifies (signed under OLD)\n");
}

#[test]
fn verify_can_be_quiet_or_speak_json() {
    let quiet = soon(&["verify", "--quiet", &cookie(OLD)]).env("SESSION_SECRET", NEW).all();
    assert_eq!(quiet, (1, String::new(), String::new()));
    let (status, out, _) = soon(&["verify", "--json", &cookie(OLD)]).env("SESSION_SECRET", NEW).all();
    assert_eq!(
        (status, serde_json::from_str::<Value>(&out).unwrap()),
        (
            1,
            json!({
                "valid": false,
                "outcome": "BadSignature",
                "message": "the session's signature was made with another secret, salt or hash, or forged",
                "secret": null,
                "tried": ["SESSION_SECRET"],
                "hint": null,
            })
        )
    );
}

/// Returns the line of `verify` after its verdict.
fn hint(arguments: &[&str], secret: &str, value: &str) -> String {
    let (status, out, error) = soon(&[&["verify"], arguments, &[value]].concat()).env("SESSION_SECRET", secret).all();
    assert_eq!((status, error.as_str()), (1, ""), "{out}");
    out.split_once('\n').unwrap().1.trim_end().into()
}

#[test]
fn a_wrong_salt_and_a_wrong_secret_are_distinguished() {
    assert_eq!(
        hint(&["--salt", "shop."], NEW, &cookie(NEW)),
        "It verifies under SESSION_SECRET with the salt 'pyramid.session.' but not with 'shop.' (--salt 'pyramid.session.')."
    );
    assert_eq!(
        hint(&["--salt", "shop"], NEW, &build(signed(NEW).salt("shop."), |_| ())),
        "It verifies under SESSION_SECRET with the salt 'shop.' but not with 'shop' (--salt 'shop.')."
    );
    assert_eq!(hint(&["--salt", "shop."], OLD, &cookie(NEW)), "");
}

#[test]
fn a_wrong_hash_and_a_wrong_secret_are_distinguished() {
    assert_eq!(
        hint(&["--hash", "sha256"], NEW, &cookie(NEW)),
        "It verifies under SESSION_SECRET with SHA-512, not SHA-256 (--hash sha512)."
    );
    let shown = soon(&["inspect", "--hash", "sha384", &cookie(OLD)]).env("SESSION_SECRET", NEW).ok();
    assert!(shown.contains("Its signature is as long as one of SHA-512 is: try --hash sha512."), "{shown}");
}

#[test]
fn a_secret_that_another_program_reads_differently_is_found() {
    const SO: &str = ": the program that signed it reads the secret in this way.";
    let found = |given: &str, signs: &[u8], how: &str| {
        let value = build(signed(signs), |_| ());
        assert_eq!(hint(&[], given, &value), format!("It verifies under SESSION_SECRET with the secret {how}{SO}"));
    };
    found(&format!("{NEW}\n"), NEW.as_bytes(), "without its last newline");
    found(NEW, format!("{NEW}\n").as_bytes(), "and a newline after it");
    found(&format!(" {NEW} "), NEW.as_bytes(), "without the white space around it");
    found(&format!("\"{NEW}\""), NEW.as_bytes(), "without the quotes around it");
    found("736563726574", b"secret", "decoded from hex");
    found("c2VjcmV0IHNlY3JldA==", b"secret secret", "decoded from base64");
    found("SECRET OF THE TESTS", b"secret of the tests", "in lower case");
    found("clé", b"cl\xe9", "in latin-1, as Pyramid encodes it, not in UTF-8");
}

#[test]
fn the_most_likely_mistake_is_named_and_two_together_are_found() {
    let said = hint(&["--salt", "shop.", "--hash", "sha256"], &format!("{NEW}\n"), &cookie(NEW));
    for part in ["without its last newline", "the salt 'pyramid.session.'", "SHA-512, not SHA-256"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn secrets_come_from_files_too_without_the_last_newline() {
    let (new, old) = (file("new.key", format!("{NEW}\n")), file("old.key", format!("{OLD}\r\n")));
    let out = soon(&["verify", "--secret-file", &new, "--old-secret-file", &old, &cookie(OLD)]).ok();
    assert_eq!(out, format!("the session is valid under a secret that only verifies (signed under {old})\n"));
}

#[test]
fn sign_makes_a_cookie_that_the_library_reads() {
    let value =
        command(&["sign"]).env("SESSION_SECRET", NEW).input("{\n  \"user\": \"ada\",\n  \"cart\": [1,\n 2]\n}\n").ok();
    let session = SignedCookieFactory::new(Secret::new(NEW).unwrap()).decode(value.trim()).unwrap();
    assert_eq!(Value::Object(session.to_map().unwrap()), json!({"user": "ada", "cart": [1, 2]}));
    let signed = command(&["sign", "--json", "--name", "id"]).env("SESSION_SECRET", NEW).input("{}").json();
    assert_eq!(signed["name"], "id");
    assert_eq!(signed["size"], signed["value"].as_str().unwrap().len());
}

#[test]
fn sign_warns_of_a_weak_secret_and_signs() {
    let (status, out, error) = command(&["sign"]).env("SESSION_SECRET", "seekrit").input("{}").all();
    assert!(status == 0 && !out.is_empty());
    assert!(error.contains("the secret in SESSION_SECRET is weak") && !error.contains("seekrit"), "{error}");
}

#[test]
fn the_settings_of_the_app_are_those_of_the_command() {
    let file = file(
        "app.toml",
        "port = 8080\n[session]\ncookie_name = \"id\"\nsalt = \"shop.\"\nhash_algorithm = \"sha256\"\n\
         timeout = \"30m\"\nreissue_time = \"5m\"\nmax_cookie_size = 3000\n",
    );
    let sessions =
        signed(NEW).cookie_name("id").salt("shop.").hash_algorithm(signed_cookie_session::HashAlgorithm::Sha256);
    let value = build(sessions, |session| session.insert("user", "ada").unwrap());
    let run = |at: u64, arguments: &[&str]| {
        let at = (NOW + at).to_string();
        let arguments = [&["verify", "--settings", &file, "--at", &at, &value], arguments].concat();
        command(&arguments).env("SESSION_SECRET", NEW).all()
    };
    assert_eq!(run(1800, &[]).0, 0);
    assert_eq!(run(1801, &[]), (1, "the session has timed out (signed under SESSION_SECRET)\n".into(), String::new()));
    // An option overrides the file.
    assert_eq!(run(61, &["--timeout", "60s"]).0, 1);
    assert_eq!(run(9999, &["--timeout", "off"]).0, 0);
    assert_eq!(run(0, &["--salt", "other."]).0, 1);
    let signed = command(&["sign", "--json", "--settings", &file]).env("SESSION_SECRET", NEW).input("{}").json();
    assert_eq!(signed["name"], "id");
    let shown = soon(&["inspect", "--json", "--settings", &file, &value]).env("SESSION_SECRET", NEW).json();
    assert_eq!((&shown["limit"], &shown["timeout"], &shown["hash"]), (&json!(3000), &json!(1800), &json!("sha256")));
}

#[test]
fn a_settings_file_may_hold_only_settings() {
    let file = file("session.toml", "timeout = 30\n");
    assert_eq!(soon(&["verify", "--settings", &file, &cookie(NEW)]).env("SESSION_SECRET", NEW).all().0, 1);
}

#[test]
fn an_error_in_a_settings_file_names_the_file_and_the_line() {
    for (content, expected) in [
        ("[session]\n\ntimout = 30\n", "line 3: \"timout\" is not a session setting: did you mean \"timeout\"?"),
        ("timeout = \"\"\n", "line 1: timeout: it is empty: "),
        ("path = \"/\"\ntimeout = [\n", "line 2: "),
    ] {
        let file = file("wrong.toml", content);
        let said = command(&["verify", "--settings", &file, "x"]).env("SESSION_SECRET", NEW).sentence();
        assert!(said.contains(&format!("{file}, {expected}")), "{said}");
    }
    let said = command(&["verify", "--settings", "/no/such.toml", "x"]).env("SESSION_SECRET", NEW).sentence();
    assert!(said.contains("the settings file /no/such.toml cannot be read: "), "{said}");
    let file = file("refused.toml", "same_site = \"none\"\nsecure = false\n");
    let said = command(&["verify", "--settings", &file, "x"]).env("SESSION_SECRET", NEW).sentence();
    assert!(said.contains("same_site: browsers refuse SameSite=None without Secure"), "{said}");
}

#[test]
fn absolute_timeout_and_valid_since_end_a_session_as_in_the_app() {
    let verify =
        |arguments: &[&str]| soon(&[&["verify", &cookie(NEW)], arguments].concat()).env("SESSION_SECRET", NEW).all();
    assert_eq!(verify(&["--absolute-timeout", "1m"]).0, 0);
    assert_eq!(verify(&["--absolute-timeout", "59s"]).0, 1);
    for since in ["2026-09-21T14:13:21Z", "1790000001"] {
        let (status, out, _) = verify(&["--valid-since", since]);
        assert_eq!(status, 1);
        assert!(out.starts_with("the session was created before valid_since"), "{out}");
    }
    assert_eq!(verify(&["--valid-since", "2026-09-21T14:13:20Z"]).0, 0);
    let inspect =
        |arguments: &[&str]| soon(&[&["inspect", &cookie(NEW)], arguments].concat()).env("SESSION_SECRET", NEW).ok();
    let shown = inspect(&["--absolute-timeout", "12h", "--valid-since", "2026-10-01T00:00:00Z"]);
    assert!(shown.contains("ends       2026-09-22 02:13:20 UTC  in 11 hours 59 minutes, with an absolute"), "{shown}");
    assert!(
        shown.contains("revoked    it was created before 2026-10-01 00:00:00 UTC, the time of valid_since"),
        "{shown}"
    );
    let shown: Value = serde_json::from_str(&inspect(&["--absolute-timeout", "12h", "--json"])).unwrap();
    assert_eq!(shown["ends"], json!((NOW + 12 * 3600) as f64));
}

#[test]
fn an_invalid_time_limit_is_refused_with_a_remedy() {
    for option in ["--timeout", "--absolute-timeout", "--valid-since", "--at"] {
        for wrong in ["", "soon"] {
            let said = command(&["verify", option, wrong, "x"]).env("SESSION_SECRET", NEW).sentence();
            assert!(said.contains(option) && said.contains("it "), "{said}");
        }
    }
}

#[test]
fn a_session_with_its_own_lifetime_expires_by_it() {
    let value = build(signed(NEW), |session| session.set_lifetime(Duration::from_secs(86_400)));
    let shown = soon(&["inspect", "--timeout", "30", &value]).env("SESSION_SECRET", NEW).ok();
    assert!(shown.contains("in 23 hours 59 minutes, with its own lifetime of 86400 seconds"), "{shown}");
    assert!(shown.contains("(the session's own lifetime, in seconds)"), "{shown}");
    assert_eq!(soon(&["verify", "--timeout", "30", &value]).env("SESSION_SECRET", NEW).all().0, 0);
}

#[test]
fn a_refused_secret_is_named_if_it_does_not_verify() {
    let hint = hint(&[], "seekrit", &cookie(NEW));
    assert!(
        hint.starts_with(
            "An app refuses the secret in SESSION_SECRET unless it reads it with Secret::legacy: \
             the secret has 7 bytes and needs at least 32"
        ),
        "{hint}"
    );
    assert!(!hint.contains("seekrit"));
    for arguments in
        [&["inspect"][..], &["inspect", "--json"], &["rotate"], &["rotate", "--json"], &["verify", "--json"]]
    {
        let (_, out, _) =
            soon(arguments).env("SESSION_SECRET", "${SESSION_SECRET_OF_THE_SITE_ITSELF}").input(cookie(NEW)).all();
        assert!(out.contains("contains a variable that was not expanded"), "{arguments:?}: {out}");
    }
    // If the secret verifies, this is not the reason.
    let value = build(signed("seekrit"), |_| ());
    assert_eq!(soon(&["verify", &value]).env("SESSION_SECRET", "seekrit").all().0, 0);
}

#[test]
fn errors_are_json_with_json() {
    let cases: [(&[&str], &str); 5] = [
        (&["inspect", "--json", ""], "there is no cookie here"),
        (&["--json", "verify", "x"], "there is no secret: "),
        (&["verify", "--json", "--no-such-option"], "unexpected argument '--no-such-option' found"),
        (&["verify", "--json", "--timeout", "soon", "x"], "it must be a duration like"),
        (&["inspect", "--json", "garbage"], "this is not a session cookie: "),
    ];
    for (arguments, expected) in cases {
        let (status, out, error) = command(arguments).all();
        assert_eq!((status, error.as_str()), (2, ""), "{out}");
        let said: Value = serde_json::from_str(&out).unwrap();
        assert!(said["error"].as_str().unwrap().contains(expected), "{out}");
    }
    let signed = command(&["sign", "--json"]).env("SESSION_SECRET", "seekrit").input("{}").json();
    assert!(signed["warnings"][0].as_str().unwrap().contains("the secret in SESSION_SECRET is weak"));
}

#[cfg(unix)]
#[test]
fn a_secret_in_a_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = file("written.key", "");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(command(&["secret", "--output", &path]).ok(), format!("The secret is in {path}.\n"));
    assert_eq!(mode(&path), 0o600);
    let secret = std::fs::read_to_string(&path).unwrap();
    assert!(Secret::from_file(&path).is_ok());
    let said = command(&["secret", "--output", &path]).sentence();
    assert!(said.contains("give the name of a new file"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), secret, "an old secret is not lost");

    let redirected = file("redirected.key", "");
    std::fs::set_permissions(&redirected, PermissionsExt::from_mode(0o644)).unwrap();
    let status = command(&["secret"]).command.stdout(std::fs::File::create(&redirected).unwrap()).status().unwrap();
    assert!(status.success());
    assert_eq!(mode(&redirected), 0o600);
    assert!(Secret::from_file(&redirected).is_ok());
}

#[test]
fn a_value_in_quotes_is_read_as_the_library_reads_it() {
    let value = cookie(NEW);
    let sessions = signed(NEW).clock(|| UNIX_EPOCH + Duration::from_secs(NOW)).build().unwrap();
    for quoted in [
        format!("\"{value}\""),
        format!(" \"{value}\" "),
        format!("\"\"{value}\"\""),
        format!("\"{value}"),
        "\"".into(),
    ] {
        let library = sessions.load_cookies([format!("session={quoted}")]).outcome().is_valid();
        for input in [format!("session={quoted}"), format!("Cookie: a=b; session={quoted}")] {
            let status = soon(&["verify"]).env("SESSION_SECRET", NEW).input(&input).all().0;
            assert_eq!(status == 0, library, "{input}");
        }
    }
}

#[test]
fn input_that_cannot_be_signed_is_an_error_in_a_sentence() {
    let sign = |input: &str| command(&["sign"]).env("SESSION_SECRET", NEW).input(input).sentence();
    for wrong in ["", "[1, 2]", "{\"user\"", "7", "{\"a\": NaN}"] {
        let said = sign(wrong);
        assert!(said.starts_with("session-cookie: a session is one JSON object, like {\"user\": \"ada\"}: "), "{said}");
    }
    let said = sign(&json!({ "essay": "x".repeat(5000) }).to_string());
    assert!(said.contains("the limit is 4064: store less in it. Largest keys: \"essay\" with 5002 bytes"), "{said}");
}

#[test]
fn rotate_says_which_cookies_a_change_of_secrets_would_lose() {
    let input = format!("{}\nsession={}\n\ngarbage\n{}\n", cookie(NEW), cookie(OLD), cookie("a third secret"));
    let run = soon(&["rotate", "--old-secret-env", "OLD"]).env("SESSION_SECRET", NEW).env("OLD", OLD).input(&input);
    let (status, out, error) = run.all();
    assert_eq!((status, error.as_str()), (1, ""));
    assert_eq!(
        out,
        "1  read     signed under SESSION_SECRET\n\
         2  read     signed under OLD, signed again at the next request\n\
         4  invalid  no session: it is too short for a signature and a session: it may be cut off, or an id\n\
         5  LOST     none of these secrets signed it\n\
         \n\
         4 cookies\n\
         \x20    1  read as they are\n\
         \x20    1  read, and signed again at the next request\n\
         \x20    1  not a session\n\
         \x20    1  lost: these users would be logged out\n\
         \n\
         Give the secret that signed them with --old-secret-env or --old-secret-file.\n"
    );
}

#[test]
fn rotate_succeeds_if_nobody_is_logged_out() {
    let input = format!("{}\n{}\n", cookie(NEW), cookie(OLD));
    let run = |arguments: &[&str]| {
        command(&[&["rotate", "--old-secret-env", "OLD"], arguments].concat())
            .env("SESSION_SECRET", NEW)
            .env("OLD", OLD)
    };
    let out = run(&["--at", "1790000060"]).input(&input).ok();
    assert!(out.contains("2 cookies\n") && !out.contains("lost"), "{out}");
    let out = run(&["--at", "1790009999"]).input(&input).ok();
    assert!(out.contains("     2  expired or revoked anyway\n"), "{out}");
    let out = run(&["--at", "1790000060", "--json"]).input(&input).ok();
    assert_eq!(
        out,
        "{\"hint\":null,\"line\":1,\"outcome\":\"Valid\",\"read\":true,\"secret\":\"SESSION_SECRET\"}\n\
         {\"hint\":null,\"line\":2,\"outcome\":\"ValidUnderOldSecret\",\"read\":true,\"secret\":\"OLD\"}\n\
         {\"summary\":{\"cookies\":2,\"count\":{\"anew\":1,\"expired\":0,\"invalid\":0,\"lost\":0,\"read\":1},\
         \"hint\":null,\"warnings\":[]}}\n"
    );
}

#[test]
fn no_control_character_of_a_cookie_reaches_the_terminal() {
    let value = build(signed(NEW), |session| {
        session.insert("\x1b]0;key\x07", "\x1b[2J\u{9b}31m \u{202e}evil\u{202c} \u{200b} \x7f").unwrap();
        session.flash_queue("\x1b[1m\u{2066}").push("\u{9d}").unwrap();
    });
    for arguments in [&["inspect"][..], &["inspect", "--json"], &["verify"], &["rotate"]] {
        let run = soon(arguments).env("SESSION_SECRET", NEW).input(&value);
        let (_, out, error) = run.all();
        let unseen =
            |c: &char| (c.is_control() && *c != '\n') || matches!(c, '\u{200b}' | '\u{202e}' | '\u{202c}' | '\u{2066}');
        assert_eq!(format!("{out}{error}").chars().find(unseen), None, "{arguments:?}: {out:?}");
    }
    let shown = soon(&["inspect", "--json", &value]).json();
    assert_eq!(shown["data"]["\x1b]0;key\x07"], "\x1b[2J\u{9b}31m \u{202e}evil\u{202c} \u{200b} \x7f");
    let said = soon(&["verify", "Cookie: \x1b[31m=\u{9b}"]).env("SESSION_SECRET", NEW).sentence();
    assert!(!said.contains(['\x1b', '\u{9b}']), "{said:?}");
    let (_, out, _) = soon(&["verify", "\u{9b}31m"]).env("SESSION_SECRET", NEW).all();
    assert!(!out.contains('\u{9b}'), "{out:?}");
}

#[test]
fn bad_input_is_a_sentence_and_exit_status_2() {
    let cases: [(&[&str], &str); 9] = [
        (&["inspect", ""], "there is no cookie here"),
        (
            &["inspect", "theme=dark"],
            "there is no cookie named \"session\" here, but \"theme\": give the name with --name",
        ),
        (&["inspect", "e30.e30.c2ln"], "it has dots, like the cookies of Flask"),
        (&["inspect", "session="], "it is empty: an empty value removes a session"),
        (&["inspect", "AAAA%3D"], "it is percent-encoded"),
        (&["verify", "--secret-env", "NOT_SET", "x"], "the environment variable NOT_SET is not set"),
        (&["verify", "--secret-file", "/no/such/file", "x"], "the secret file /no/such/file cannot be read: "),
        (&["verify", "x"], "there is no secret: put it into the environment as SESSION_SECRET"),
        (&["verify", "--old-secret-env", "X", "x"], "there are old secrets but none that signs"),
    ];
    for (arguments, expected) in cases {
        let said = command(arguments).sentence();
        assert!(said.starts_with("session-cookie: ") && said.contains(expected), "{said}");
    }
    let said = command(&["verify", "--secret-env", "EMPTY", "x"]).env("EMPTY", "").sentence();
    assert!(said.contains("the secret in EMPTY is empty"), "{said}");
    let padded = format!("{}==", cookie(NEW));
    assert!(command(&["inspect", &padded]).sentence().contains("it ends with '=', the padding of base64"));
    let said = command(&["verify", "--name", "a b", "x"]).env("SESSION_SECRET", NEW).sentence();
    assert!(said.contains("cookie_name: a cookie's name must not contain ' '"), "{said}");
}

#[test]
fn a_file_name_in_place_of_a_cookie_is_recognised() {
    let path = file("cookie.txt", cookie(NEW));
    assert!(command(&["inspect", &path]).sentence().contains("is a file: give its content with `< "));
}

#[test]
fn hostile_cookies_are_shown_without_a_panic() {
    let hostile = [
        format!("{{\"a\": {}1{}}}", "[".repeat(1400), "]".repeat(1400)),
        format!("{{\"a\": {}}}", "{\"b\":".repeat(200) + "1" + &"}".repeat(200)),
        r#"{"a": "\ud800", "b": 1e999, "a": 2}"#.into(),
    ];
    for json in hostile {
        let sign = command(&["sign"]).env("SESSION_SECRET", NEW).input(&json).all();
        let value = match sign.0 {
            0 => sign.1,
            _ => by_hand(&json),
        };
        for arguments in [&["inspect"][..], &["inspect", "--json"]] {
            let (status, out, error) = command(arguments).env("SESSION_SECRET", NEW).input(&value).all();
            assert_eq!((status, error.as_str()), (0, ""), "{json}");
            assert!(out.len() < 400_000, "{} bytes", out.len());
        }
    }
    for json in [
        r#"{"a": NaN}"#,
        r#"{"a": [1, "x}"#,
        r#"{"a": }]"#,
        "{\"a\": \"\x1b\u{9b}\"}",
        "{\"a\": \u{9b}31m}",
        "{\"a\": [\u{9b}31m]}",
    ] {
        for arguments in [&["inspect"][..], &["inspect", "--json"]] {
            let (status, out, error) = command(arguments).input(by_hand(json)).all();
            assert!(status == 0 || (status == 2 && !error.contains("panicked")), "{json}: {error}");
            assert!(!format!("{out}{error}").contains(['\x1b', '\u{9b}']), "{out:?}{error:?}");
        }
    }
}

#[test]
fn times_at_the_ends_of_the_calendar_are_shown_without_a_panic() {
    use base64::Engine;
    for (renewed, created) in [("253402300799", "-62135596800"), ("-62135596800.0", "253402300799.999999")] {
        let sealed = [&[7; 64], format!("[{renewed}, {created}, {{}}]").as_bytes()].concat();
        let value = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed);
        for timeout in ["0", "1200", "99999999999", "18446744073709551615", "off"] {
            let shown = soon(&["inspect", "--timeout", timeout, &value]).ok();
            assert!(shown.contains("9999-12-31 23:59:59 UTC") && shown.contains("0001-01-01 00:00:00 UTC"), "{shown}");
            soon(&["inspect", "--json", "--timeout", timeout, &value]).json();
        }
    }
}

/// Returns a cookie with any text in place of a session's dict, and with an invalid signature.
fn by_hand(json: &str) -> String {
    use base64::Engine;
    let sealed = [&[7; 64], format!("[{NOW}, {NOW}, {json}]").as_bytes()].concat();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed)
}

#[test]
fn no_secret_is_ever_printed() {
    let value = cookie(OLD);
    for arguments in [
        &["inspect", &value][..],
        &["inspect", "--json", &value],
        &["verify", &value],
        &["verify", "--salt", "x", "--hash", "sha256", &value],
        &["verify", "--secret-env", "NOT_SET", &value],
        &["verify", "nonsense"],
        &["verify", "--nonsense"],
    ] {
        let (_, out, error) = soon(arguments).env("SESSION_SECRET", &format!("{OLD}\n")).all();
        assert!(!format!("{out}{error}").contains("obvious secret"), "{arguments:?}");
    }
}

#[test]
fn there_is_no_option_for_a_secret_itself() {
    for command_name in ["inspect", "verify", "sign", "rotate"] {
        let said = command(&[command_name, "--secret", NEW]).sentence();
        assert!(said.contains("unexpected argument '--secret'"), "{said}");
    }
}

#[test]
fn a_reader_that_closes_the_pipe_is_not_an_error() {
    let many = format!("{}\n", cookie(NEW)).repeat(20_000);
    let mut run = soon(&["rotate"]).env("SESSION_SECRET", NEW).command;
    let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(many.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

#[test]
fn there_are_no_colours_without_a_terminal() {
    let shown = soon(&["inspect", &cookie(NEW)]).env("TERM", "xterm-256color").env("CLICOLOR", "1").ok();
    assert!(!shown.contains('\x1b'));
}
