//! Scorers of customer support: actions, tool calls, handovers, terms, voice.

pub(super) mod action;
pub(super) mod alternative;
pub(super) mod detect;
pub(super) mod glossary;
pub(super) mod handoff;
pub(super) mod lexicon;
pub(super) mod literals;
pub(super) mod markers;
pub(super) mod phrases;
pub(super) mod tone;
pub(super) mod workflow;
