//! The groups that are timed inside a framework: one request in process.

use crate::race::race;
use crate::report::Report;
use crate::sample::samples_by_size;
use crate::{
    actix_app, actix_session_store, axum_app, axum_extra_jar, ours_in_actix, ours_in_axum, pyramid, tower_sessions,
};

pub fn axum(report: &mut Report) {
    for sample in samples_by_size() {
        let standings = race(vec![
            axum_app::empty(&sample),
            axum_app::floor(&sample),
            ours_in_axum::contestant(&sample),
            axum_extra_jar::contestant(&sample),
            tower_sessions::memory(&sample),
            tower_sessions::cookie(&sample),
        ]);
        report.costs("A request in axum", &sample.label, &standings, axum_app::EMPTY);
        let jar = standings.ratio(axum_extra_jar::NAME, ours_in_axum::NAME);
        let best = standings.ratio(axum_extra_jar::NAME, axum_app::FLOOR);
        report.at_least_of("axum-extra's jar / ours in axum", &sample.label, 1.8, jar, best);
        let store = standings.ratio(tower_sessions::COOKIE, ours_in_axum::NAME);
        let best = standings.ratio(tower_sessions::COOKIE, axum_app::FLOOR);
        report.at_least_of("tower-sessions-cookie-store / ours in axum", &sample.label, 4.0, store, best);
    }
}

pub fn actix(report: &mut Report) {
    for sample in samples_by_size() {
        let standings = race(vec![
            actix_app::empty(&sample),
            actix_app::floor(&sample),
            ours_in_actix::contestant(&sample),
            actix_session_store::contestant(&sample),
        ]);
        report.costs("A request in actix-web", &sample.label, &standings, actix_app::EMPTY);
        let store = standings.ratio(actix_session_store::NAME, ours_in_actix::NAME);
        let best = standings.ratio(actix_session_store::NAME, actix_app::FLOOR);
        report.at_least_of("actix-session's cookie store / ours in actix-web", &sample.label, 2.0, store, best);
    }
}

pub fn pyramid(report: &mut Report) {
    let Some(python) = pyramid::python() else { return };
    for sample in samples_by_size() {
        let standings = race(vec![ours_in_axum::contestant(&sample), pyramid::request(&python, &sample)]);
        report.costs("A request beside Pyramid", &sample.label, &standings, ours_in_axum::NAME);
        let request = standings.ratio(pyramid::REQUEST, ours_in_axum::NAME);
        report.at_least("Pyramid / ours in axum", &sample.label, 20.0, request);
    }
}
