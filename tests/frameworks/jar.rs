//! A cookie jar for one browser and one host.

use std::collections::BTreeMap;

#[derive(Default)]
pub struct Jar(BTreeMap<String, String>);

impl Jar {
    /// The value of the `Cookie` header to send.
    pub fn header(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Stores a `Set-Cookie` value as a browser does.
    pub fn store(&mut self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').expect("a cookie is a pair");
        if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
            self.0.remove(name);
        } else {
            self.0.insert(name.into(), value.into());
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
