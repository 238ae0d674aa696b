//! A request whose handler does not touch its session.

use http::HeaderMap;

use crate::contestant::Contestant;
use crate::sample::Sample;
use crate::{floor, header, ours};

pub const NAME: &str = "ours, never touched";

/// Loads the session, saves it and drops it.
pub fn contestant(sample: &Sample) -> Contestant {
    let sessions = ours::factory(ours::secret());
    let request = header::request(&format!("{}={}", header::SESSION, floor::cookie(sample)));
    let job = move || {
        let mut response = HeaderMap::new();
        let session = sessions.load(&request);
        sessions.save_headers(&session, &mut response).expect("nothing to save");
        response
    };
    assert!(job().is_empty(), "{NAME}");
    Contestant::new(NAME, job)
}
