//! The cards of the page, one file for each. The page shows the part of each file that is between two marks.

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

/// A form that has only a button and the token.
#[derive(Deserialize)]
pub struct NoFields {}
