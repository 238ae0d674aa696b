//! Compares an encrypted session with a signed one, and with other libraries that encrypt it.
//!
//! The sessions are mixed. The jobs are done one at a time in random order.

use crate::contestant::Contestant;
use crate::jar::{PrivateJar, SignedJar};
use crate::mix::{Class, sample};
use crate::ours::{Ours, OursEncrypted, OursSha256};
use crate::peer::{self, Peer};
use crate::race::{Standings, shuffled};
use crate::report::Report;
use crate::sample::Sample;
use crate::{
    actix_app, actix_session_store, axum_app, axum_extra_jar, ours_in_actix, ours_in_axum, seshcookie_layer,
    tower_sessions,
};

const SIZES: [usize; 4] = [60, 300, 1000, 2900];

/// For `actix-session`, a session of 2.9 KB is too large for a cookie, because it writes each value as a JSON string
/// that contains JSON.
const LARGEST_OF_ACTIX: usize = 2200;

/// The number of sessions of each size.
const SESSIONS: u64 = 12;

/// The number of sessions of each size in a framework, where each one needs a separate application.
const APPLICATIONS: u64 = 4;

/// Makes a contestant for a session.
type Entry = fn(&Sample) -> Contestant;

/// Decodes cookie values to sessions, and encodes sessions to cookie values.
pub fn cookies(report: &mut Report) {
    const DECODE: [Entry; 5] = [
        peer::decode::<Ours>,
        peer::decode::<OursSha256>,
        peer::decode::<OursEncrypted>,
        peer::decode::<SignedJar>,
        peer::decode::<PrivateJar>,
    ];
    const ENCODE: [Entry; 5] = [
        peer::encode::<Ours>,
        peer::encode::<OursSha256>,
        peer::encode::<OursEncrypted>,
        peer::encode::<SignedJar>,
        peer::encode::<PrivateJar>,
    ];
    for bytes in SIZES {
        for (title, entries) in [("Decode and one get", DECODE), ("Encode after one key changed", ENCODE)] {
            let standings = race(&entries, bytes, SESSIONS);
            let sample = format!("mixed, {bytes} B");
            report.costs(title, &sample, &standings, OursEncrypted::NAME);
            let signed = standings.ratio(OursEncrypted::NAME, Ours::NAME);
            report.at_most(&format!("encrypted / signed, {}", title.to_lowercase()), &sample, 1.0, signed);
        }
    }
}

/// Measures a request that changes one key, inside a framework, minus the time of the framework alone.
pub fn requests(report: &mut Report) {
    const AXUM: [Entry; 7] = [
        axum_app::empty,
        ours_in_axum::contestant,
        ours_in_axum::encrypted,
        axum_extra_jar::private,
        seshcookie_layer::contestant,
        tower_sessions::cookie,
        tower_sessions::private,
    ];
    const ACTIX: [Entry; 5] = [
        actix_app::empty,
        ours_in_actix::contestant,
        ours_in_actix::encrypted,
        actix_session_store::contestant,
        actix_session_store::private,
    ];
    for bytes in SIZES {
        let standings = race(&AXUM, bytes, APPLICATIONS);
        let (title, sample) = ("The session of a request in axum", format!("mixed, {bytes} B"));
        report.costs_above(title, &sample, &standings, ours_in_axum::ENCRYPTED, axum_app::EMPTY);
        let bytes = bytes.min(LARGEST_OF_ACTIX);
        let standings = race(&ACTIX, bytes, APPLICATIONS);
        let (title, sample) = ("The session of a request in actix-web", format!("mixed, {bytes} B"));
        report.costs_above(title, &sample, &standings, ours_in_actix::ENCRYPTED, actix_app::EMPTY);
    }
}

fn race(entries: &[Entry], bytes: usize, sessions: u64) -> Standings {
    let samples: Vec<Sample> = (0..sessions).map(|seed| sample(Class::Everything, bytes, seed)).collect();
    shuffled(entries.iter().flat_map(|entry| samples.iter().map(entry)).collect())
}
