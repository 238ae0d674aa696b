//! `sign`: makes a cookie value from a JSON object.

use std::fmt;

use http::HeaderMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::json;
use serde_json::value::RawValue;

use crate::cookie_format::FormatArgs;
use crate::failure::Failure;
use crate::report::Report;
use crate::secrets::SecretArgs;
use crate::{input, json_text};

/// Make the cookie of a session: reads a JSON object from standard input and writes the value to standard output
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub fn run(args: &Args, json: bool) -> Result<Report, Failure> {
    let sources = args.secrets.needed()?;
    let warnings = sources[0].warn_if_weak(json);
    let format = args.format.cookie()?;
    let text = input::text(None, "a JSON object")?;
    let Members(members) = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("a session is one JSON object, like {{\"user\": \"ada\"}}: {error}")))?;
    let sessions = format.factory(sources[0].secret())?;
    let session = sessions.load(&HeaderMap::new());
    for (key, value) in members {
        session.insert(key, RawValue::from_string(json_text::compact(value.get()))?)?;
    }
    let value = sessions.encode(&session)?;
    Ok(Report::new(if json {
        format!("{}\n", json!({ "name": format.name, "value": value, "size": value.len(), "warnings": warnings }))
    } else {
        format!("{value}\n")
    }))
}

/// The members of an object in their order, each with the text of its value.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
