//! What a run survives, through the built binary: an endpoint that fails in every way it can, a process that
//! is killed, a key that is echoed. The endpoint is a real server on loopback whose faults are a function of
//! the seed, the case and the attempt, so that every run meets the same ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod canary;
mod faults;
mod fixture;
mod http2;
mod kill;
mod rejected;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod wire;
