//! The built binary, driven the way a user drives it: a project in a temporary folder, a real HTTP
//! server on loopback, a real SQLite file. Snapshots hold stdout, stderr and the exit code together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accept;
mod action;
mod articles;
mod bots;
mod cache;
mod calibrate;
mod check;
mod ci;
mod compare;
mod conversations;
mod coverage;
mod diff;
mod errors;
mod experiment;
mod export;
mod external;
mod fail_fast;
mod fixture;
mod follow_up;
mod gate;
mod impact;
mod init;
mod judge;
mod ladder;
mod lint;
mod models;
mod names;
mod output;
mod permuted;
mod phrasings;
mod plan;
mod promote;
mod python;
mod quotes;
mod refusals;
mod reported;
mod retrieval;
mod roles;
mod run;
mod runs;
mod scorers;
mod secrets;
mod server;
mod spending;
#[path = "../support/mod.rs"]
mod support;
mod suspect;
mod talk;
mod what_if;
