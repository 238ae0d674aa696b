//! The formats: their promises, and each format together with the real framework.

#[path = "../common/mod.rs"]
mod common;
#[path = "../pyramid/random.rs"]
mod random;

mod encrypted;
mod every_format;
mod foreign_hostile;
mod former;
mod framework_vectors;
mod jar;
mod migrating;
mod node;
mod peer;
mod python;
mod site;
mod test_kit;
