//! Is what the engine says true? Asked of a server that knows each request, one by one.
//!
//! `script` decides what the server does with a request, `record` is what the server remembers,
//! `client` drives the engine, `join` brings both sides together, `checks` finds what is false.

#![forbid(unsafe_code)]

pub mod act;
pub mod checks;
pub mod client;
pub mod clock;
pub mod control;
pub mod exact;
pub mod join;
pub mod long;
pub mod mutants;
pub mod overhead;
pub mod record;
pub mod runs;
pub mod script;
pub mod server;
