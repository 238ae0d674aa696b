//! The body of a form: small, urlencoded, in time.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::failure::Failure;
use crate::percent;

/// The most bytes a form may have: more than a session can hold, so that what is too large for one
/// is told by the session itself.
const LARGEST: usize = 16 * 1024;

/// How long a client may take over the body.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request; one without a body is an empty form.
    pub async fn read(request: Request<Incoming>) -> Result<Self, Failure> {
        let (head, body) = request.into_parts();
        let body = tokio::time::timeout(PATIENCE, Limited::new(body, LARGEST).collect())
            .await
            .map_err(|_| Failure::new(StatusCode::REQUEST_TIMEOUT, "The form did not arrive in time."))?
            .map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    let sentence = format!("The form is over {LARGEST} bytes: send less.");
                    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
                } else {
                    Failure::new(StatusCode::BAD_REQUEST, "The form did not arrive whole.")
                }
            })?
            .to_bytes();

        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !body.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let sentence = "A form must be sent as application/x-www-form-urlencoded.";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
        }
        let body = std::str::from_utf8(&body)
            .map_err(|_| Failure::new(StatusCode::BAD_REQUEST, "The form is not urlencoded text."))?;
        let decoded = |text: &str| percent::decoded(&text.replace('+', " "));
        let field = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(value)?))
        };
        body.split('&').filter(|pair| !pair.is_empty()).map(field).collect::<Result<_, _>>().map(Self)
    }

    /// The first field of that name; nothing where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}
