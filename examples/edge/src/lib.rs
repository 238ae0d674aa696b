//! Sessions on an edge runtime: WebAssembly without an operating system, inside a JavaScript host.
//!
//! The host passes a request and gets a response, both as JSON text in this module's memory. It also provides a clock
//! and random bytes, which `wasm32-unknown-unknown` does not have. `edge.mjs` is the host's part.

mod app;

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use signed_cookie_session::{BoxError, Secret, SignedCookieFactory};

// The functions of the host.
#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Milliseconds since 1970, as `Date.now()` returns them.
    safe fn now() -> f64;
    /// Four bytes of `crypto.getRandomValues`.
    safe fn random() -> u32;
}

/// The text that one side writes and the other side reads.
static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SESSIONS: OnceLock<SignedCookieFactory> = OnceLock::new();

/// Allocates `len` bytes, and returns where the host must write them.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(len: usize) -> *mut u8 {
    let mut buffer = BUFFER.lock().unwrap();
    *buffer = vec![0; len];
    buffer.as_mut_ptr()
}

/// Returns where the host can read the answer.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    BUFFER.lock().unwrap().as_ptr()
}

/// Sets the secret. The host must call it once. Returns the length of the answer, which is an error or empty.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> usize {
    let secret = std::mem::take(&mut *BUFFER.lock().unwrap());
    write(match sessions(secret) {
        Ok(sessions) => {
            SESSIONS.get_or_init(|| sessions);
            String::new()
        }
        Err(error) => error.to_string(),
    })
}

/// Answers the request in the buffer. Returns the length of the answer.
#[unsafe(no_mangle)]
pub extern "C" fn fetch() -> usize {
    let request = std::mem::take(&mut *BUFFER.lock().unwrap());
    let sessions = SESSIONS.get().expect("the host calls start first");
    write(match app::answer(sessions, &request) {
        Ok(response) => response,
        Err(error) => serde_json::json!({ "status": 500, "headers": [], "body": error.to_string() }).to_string(),
    })
}

fn write(text: String) -> usize {
    let len = text.len();
    *BUFFER.lock().unwrap() = text.into_bytes();
    len
}

fn sessions(secret: Vec<u8>) -> Result<SignedCookieFactory, BoxError> {
    let sessions = SignedCookieFactory::builder(Secret::from_vec(secret)?)
        .clock(|| UNIX_EPOCH + Duration::from_millis(now() as u64))
        .random(|bytes| {
            for chunk in bytes.chunks_mut(4) {
                chunk.copy_from_slice(&random().to_le_bytes()[..chunk.len()]);
            }
        })
        .build()?;
    Ok(sessions)
}
