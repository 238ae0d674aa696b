//! The cards of the page: one file each. What the page shows of a file stands between two marks in it.

pub mod counter;
pub mod device;
pub mod flash;
pub mod flip;
pub mod format;
pub mod items;
pub mod login;
pub mod room;
pub mod slow;
pub mod values;

use serde::Deserialize;
use signed_cookie_session::CsrfFormError;
use signed_cookie_session::axum::CsrfForm;

/// A form with the session's token. A handler turns the error into a page.
pub type Form<T> = Result<CsrfForm<T>, CsrfFormError>;

/// A form that has a button and its token, and nothing else.
#[derive(Deserialize)]
pub struct NoFields {}
