//! The formats: what each promises, and each beside the framework that it comes from.

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
