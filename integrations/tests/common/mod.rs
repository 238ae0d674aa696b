//! A browser with a router and its cookies.

#![allow(dead_code, reason = "each test program uses some of it")]

pub mod promises;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

pub struct Browser {
    app: Router,
    jar: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub set_cookies: Vec<String>,
    pub body: String,
}

impl Browser {
    pub fn new(app: Router) -> Self {
        Self { app, jar: BTreeMap::new() }
    }

    /// Returns the same browser with another app.
    pub fn at(self, app: Router) -> Self {
        Self { app, ..self }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    pub async fn post(&mut self, path: &str) -> Answer {
        self.send(Request::post(path), "").await
    }

    pub async fn form(&mut self, path: &str, form: &str) -> Answer {
        self.send(Request::post(path).header("content-type", "application/x-www-form-urlencoded"), form).await
    }

    pub async fn send(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let request = request.header("cookie", self.cookies()).body(Body::from(body.to_owned())).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let lines = head.headers.get_all("set-cookie").iter();
        let set_cookies: Vec<String> = lines.map(|line| line.to_str().unwrap().to_owned()).collect();
        for line in &set_cookies {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.into(), value.into());
            }
        }
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            set_cookies,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }

    /// Returns the value of the `Cookie` header.
    pub fn cookies(&self) -> String {
        self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Sets the cookies of a `Cookie` header.
    pub fn store(&mut self, cookies: &str) {
        let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        self.jar.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    pub fn names(&self) -> Vec<&str> {
        self.jar.keys().map(String::as_str).collect()
    }
}
