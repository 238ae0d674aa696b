//! Shared code for the demo's tests, including some from the library's tests.
#![allow(dead_code, reason = "each test program uses its own part of it")]

#[path = "../../../tests/common/client.rs"]
pub mod client;
pub mod demo;
#[path = "../../../tests/common/folder.rs"]
pub mod folder;
#[path = "../../../tests/common/peers.rs"]
pub mod peers;
#[path = "../../../tests/common/programs.rs"]
pub mod programs;
