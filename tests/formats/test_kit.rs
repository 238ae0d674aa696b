//! The module `testing` makes and reads the cookies of every format.
#![cfg(feature = "testing")]

use std::time::Duration;

use http::{HeaderMap, Response};
use signed_cookie_session::testing::{Forge, Saved};
use signed_cookie_session::{Outcome, SignedCookieFactory};

use crate::common::secret;
use crate::every_format::ALL;

#[test]
fn a_forged_session_is_loaded_and_a_saved_one_read() {
    for format in ALL {
        let builder = SignedCookieFactory::builder(secret()).format(format).timeout(Duration::from_secs(1200));
        let sessions = builder.build().unwrap();
        let session = sessions.load(&Forge::new(&sessions).with("user", "ada").with_flash("Saved.").request_headers());
        assert_eq!(session.outcome(), Outcome::Valid, "{format}");
        assert_eq!(session.flash().pop::<String>().unwrap(), ["Saved."], "{format}");
        let mut response = Response::new(());
        sessions.save(&session, &mut response).unwrap();
        let saved = Saved::by(&sessions, response.headers());
        assert_eq!(saved.clone().session().get::<String>("user").unwrap().as_deref(), Some("ada"), "{format}");
        let mut headers = HeaderMap::new();
        headers.insert("cookie", saved.cookie().parse().unwrap());
        assert_eq!(sessions.load(&headers).get::<String>("user").unwrap().as_deref(), Some("ada"), "{format}");

        let old = Forge::new(&sessions).aged(Duration::from_secs(1300)).with("user", "ada").request_headers();
        assert_eq!(sessions.load(&old).outcome(), Outcome::Expired, "{format}");
    }
}
