//! The library itself.

use std::marker::PhantomData;

use http::{HeaderMap, Response};
use serde_json::{Map, Value};
use signed_cookie_session::{Builder, Format, HashAlgorithm, Secret, Secrets, Session, SignedCookieFactory};

use crate::floor;
use crate::peer::Peer;
use crate::sample::{SECRET, Sample, TIMEOUT, VISITS};

/// SHA-512, which is Pyramid's default.
pub type Ours = Kept<Sha512>;
pub type OursSha256 = Kept<Sha256>;
pub type OursEncrypted = Kept<Encrypted>;

/// The library with one kind of cookie.
pub struct Kept<K> {
    sessions: SignedCookieFactory,
    kind: PhantomData<K>,
}

/// A kind of cookie: its hash or its format.
pub trait Kind: 'static {
    const NAME: &'static str;

    fn set(builder: Builder) -> Builder;

    /// Returns the cookie of a sample. The text is unchanged, and signed or encrypted as this kind does.
    fn mint(sessions: &SignedCookieFactory, sample: &Sample) -> String {
        let session = factory(secret()).decode(&floor::cookie(sample)).expect("a cookie that verifies");
        sessions.encode(&session).expect("a session below the limit")
    }
}

pub struct Sha512;

impl Kind for Sha512 {
    const NAME: &'static str = "ours";

    fn set(builder: Builder) -> Builder {
        builder.hash_algorithm(HashAlgorithm::Sha512)
    }

    fn mint(_: &SignedCookieFactory, sample: &Sample) -> String {
        floor::cookie(sample)
    }
}

pub struct Sha256;

impl Kind for Sha256 {
    const NAME: &'static str = "ours, SHA-256";

    fn set(builder: Builder) -> Builder {
        builder.hash_algorithm(HashAlgorithm::Sha256)
    }
}

pub struct Encrypted;

impl Kind for Encrypted {
    const NAME: &'static str = "ours, encrypted";

    fn set(builder: Builder) -> Builder {
        builder.format(Format::Encrypted)
    }
}

/// Returns a factory with the settings of the benches.
pub fn factory(secrets: impl Into<Secrets>) -> SignedCookieFactory {
    of_kind::<Sha512>(secrets)
}

/// Returns the same factory for another kind of cookie.
pub fn of_kind<K: Kind>(secrets: impl Into<Secrets>) -> SignedCookieFactory {
    K::set(SignedCookieFactory::builder(secrets).timeout(TIMEOUT)).build().expect("sound settings")
}

/// Returns a secret that no other contestant has, to verify only.
pub fn old_secret(index: u8) -> Secret {
    let mut bytes = *SECRET;
    bytes[0] ^= index + 1;
    Secret::new(bytes).expect("a strong secret")
}

/// Returns the secret that all contestants share.
pub fn secret() -> Secret {
    Secret::new(SECRET).expect("a strong secret")
}

impl<K: Kind> Peer for Kept<K> {
    const NAME: &'static str = K::NAME;

    type Session = Session;

    fn new() -> Kept<K> {
        Kept { sessions: of_kind::<K>(secret()), kind: PhantomData }
    }

    fn mint(&self, sample: &Sample) -> String {
        K::mint(&self.sessions, sample)
    }

    fn decode(&self, cookie: &str) -> Option<Session> {
        self.sessions.decode(cookie).ok()
    }

    fn encode(&self, session: &Session) -> String {
        self.sessions.encode(session).expect("a session below the limit")
    }

    fn visits(session: &Session) -> u64 {
        session.get(VISITS).expect("a whole number").expect("a session with visits")
    }

    fn set_visits(session: &mut Session, visits: u64) {
        session.insert(VISITS, visits).expect("a number is plain JSON");
    }

    fn to_dict(session: &Session) -> Map<String, Value> {
        session.to_map().expect("plain JSON")
    }

    fn count_visit(&self, request: &HeaderMap) -> Response<()> {
        let mut session = self.sessions.load(request);
        let visits = Self::visits(&session);
        Self::set_visits(&mut session, visits + 1);
        let mut response = Response::new(());
        self.sessions.save(&session, &mut response).expect("a session below the limit");
        response
    }
}
