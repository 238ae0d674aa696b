//! Which contestants are compared, and the targets of each comparison.

use crate::jar::SignedJar;
use crate::jwt::Jwt;
use crate::ours::Ours;
use crate::peer::{self, Peer};
use crate::race::race;
use crate::report::Report;
use crate::sample::{Sample, samples, samples_by_size};
use crate::{advice, encrypted, floor, frameworks, hostile, pyramid, untouched};

/// Some races that belong together.
pub struct Group {
    pub name: &'static str,
    pub run: fn(&mut Report),
}

pub const GROUPS: &[Group] = &[
    Group { name: "decode", run: decode },
    Group { name: "encode", run: encode },
    Group { name: "encrypted", run: encrypted::cookies },
    Group { name: "encrypted-request", run: encrypted::requests },
    Group { name: "hash", run: advice::hash },
    Group { name: "secrets", run: advice::secrets },
    Group { name: "keys", run: advice::keys },
    Group { name: "reads", run: advice::reads },
    Group { name: "threads", run: advice::threads },
    Group { name: "http", run: http_path },
    Group { name: "untouched", run: untouched },
    Group { name: "hostile", run: hostile },
    Group { name: "pyramid", run: pyramid },
    Group { name: "axum", run: frameworks::axum },
    Group { name: "actix", run: frameworks::actix },
    Group { name: "pyramid-request", run: frameworks::pyramid },
];

fn decode(report: &mut Report) {
    for sample in samples() {
        let standings = race(vec![
            floor::decode(&sample),
            peer::decode::<Ours>(&sample),
            peer::decode::<SignedJar>(&sample),
            peer::decode::<Jwt>(&sample),
        ]);
        report.costs("Decode, first key read", &sample.label, &standings, floor::NAME);
        let ours = standings.ratio(Ours::NAME, floor::NAME);
        report.at_most("decode / floor", &sample.label, 1.35, ours);
        let jar = standings.ratio(SignedJar::NAME, Ours::NAME);
        let least = by_size(&sample, [1.4, 1.9, 2.8, 3.5]);
        let best = standings.ratio(SignedJar::NAME, floor::NAME);
        report.at_least_of("SignedJar + serde_json / decode", &sample.label, least, jar, best);
    }
}

fn encode(report: &mut Report) {
    for sample in samples() {
        let standings = race(vec![
            floor::encode(&sample),
            peer::encode::<Ours>(&sample),
            peer::encode::<SignedJar>(&sample),
            peer::encode::<Jwt>(&sample),
        ]);
        report.costs("Encode after one key changed", &sample.label, &standings, floor::NAME);
        let ours = standings.ratio(Ours::NAME, floor::NAME);
        report.at_most("encode / floor", &sample.label, 1.12, ours);
    }
}

fn http_path(report: &mut Report) {
    for sample in samples() {
        let standings = race(vec![
            floor::decode_and_encode(&sample),
            peer::http_path::<Ours>(&sample),
            peer::http_path::<SignedJar>(&sample),
            peer::http_path::<Jwt>(&sample),
        ]);
        report.costs("HTTP path, one key changed", &sample.label, &standings, floor::NAME);
        let jar = standings.ratio(SignedJar::NAME, Ours::NAME);
        let least = by_size(&sample, [1.9, 2.3, 2.7, 3.0]);
        let best = standings.ratio(SignedJar::NAME, floor::NAME);
        report.at_least_of("SignedJar + serde_json / HTTP path", &sample.label, least, jar, best);
    }
}

fn untouched(report: &mut Report) {
    for sample in samples_by_size() {
        let standings = race(vec![floor::decode(&sample), untouched::contestant(&sample)]);
        report.costs("Session never touched", &sample.label, &standings, floor::NAME);
        if sample.json.len() <= 300 {
            let ours = standings.ratio(untouched::NAME, floor::NAME);
            report.at_most("session never touched / floor", &sample.label, 1.0 / 7.0, ours);
        }
    }
}

fn hostile(report: &mut Report) {
    for sample in samples_by_size() {
        let standings = race(hostile::decoding(&sample));
        report.costs("Hostile cookies, decoded", &sample.label, &standings, hostile::VALID);
        let mut at_most = |what, most, name| {
            report.at_most(what, &sample.label, most, standings.ratio(name, hostile::VALID));
        };
        at_most("forged / valid cookie", 1.0, hostile::FORGED);
        at_most("over-long / valid cookie", 0.1, hostile::OVER_LONG);
        at_most("wrong alphabet / valid cookie", 0.1, hostile::WRONG_ALPHABET);

        let standings = race(hostile::requesting(&sample));
        report.costs("Hostile cookies, in a request", &sample.label, &standings, hostile::VALID);
        let forged = standings.ratio(hostile::FORGED, hostile::VALID);
        report.at_most("request with a forged / valid cookie", &sample.label, 1.0, forged);
    }
}

fn pyramid(report: &mut Report) {
    let Some(python) = pyramid::python() else { return };
    for sample in samples_by_size() {
        let standings = race(vec![peer::decode::<Ours>(&sample), pyramid::decode(&python, &sample)]);
        report.costs("Decode beside Pyramid", &sample.label, &standings, Ours::NAME);
        let decode = standings.ratio(pyramid::DECODE, Ours::NAME);
        report.at_least("Pyramid / decode", &sample.label, 6.0, decode);
    }
}

/// Returns the target for the size of `sample`: 60 B, 300 B, 1 KB or 2.9 KB.
fn by_size(sample: &Sample, targets: [f64; 4]) -> f64 {
    match sample.json.len() {
        60 => targets[0],
        300 => targets[1],
        1000 => targets[2],
        _ => targets[3],
    }
}
