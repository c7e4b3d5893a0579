//! `regauge` renders prompt templates against suites of customer-support questions, asks the
//! configured model, scores every answer against golden answers and knowledge sources, stores the
//! run, and says what changed since an earlier run and whether that change is real.
//!
//! Layers, top to bottom; a module uses only what stands above it (`tests/architecture.rs` holds this):
//!
//! | layer | modules |
//! |---|---|
//! | foundations | [`shorten`] [`diagnostic`] [`secret`] [`fingerprint`] [`clock`] [`new_file`] [`program`] [`quotes`] [`stats`] |
//! | nouns | [`case`] [`knowledge`] [`prompt`] [`golden`] |
//! | capabilities | [`provider`] [`embed`] [`score`] [`retrieve`] |
//! | inputs | [`config`] [`suite`] [`project`] [`selection`] [`outcome`] [`plan`] [`lint`] [`impact`] |
//! | execution | [`event`] [`run`] |
//! | memory | [`store`] [`baseline`] |
//! | judgement | [`diff`] [`sentence`] [`gate`] [`follow`] [`coverage`] [`ladder`] [`what_if`] [`experiment`] |
//! | output | [`report`] [`export`] |
//! | faces | [`cli`] |
//!
//! **Path of one case.** suite file → [`suite`] (wire with spans → checked domain, or all diagnostics)
//! → [`plan`] (trials) → [`run`]: [`retrieve`] passages → [`prompt`] renders → [`provider`] gives a
//! `Completion` → each scorer a `Score` → `TrialFinished` event → sinks: recorder, progress → `Run` →
//! [`diff`] with the earlier run → [`gate`] → [`report`] → exit code. Renderers see only the report,
//! whether the run just ended or was read back.

pub mod baseline;
pub mod case;
pub mod cli;
pub mod clock;
pub mod config;
pub mod coverage;
pub mod diagnostic;
pub mod diff;
pub mod embed;
pub mod event;
pub mod experiment;
pub mod export;
pub mod fingerprint;
pub mod follow;
pub mod gate;
pub mod golden;
pub mod impact;
pub mod knowledge;
pub mod ladder;
pub mod lint;
pub mod new_file;
pub mod outcome;
pub mod plan;
pub mod program;
pub mod project;
pub mod prompt;
pub mod provider;
pub mod quotes;
pub mod report;
pub mod retrieve;
pub mod run;
pub mod score;
pub mod secret;
pub mod selection;
pub mod sentence;
pub mod shorten;
pub mod stats;
pub mod store;
pub mod suite;
pub mod what_if;
