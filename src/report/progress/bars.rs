//! Progress as bars: one per variant, and one for a model that is being fetched.

use std::fmt;
use std::time::Duration;

use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use crate::event::Event;
use crate::outcome::{RunStatus, VariantKey};
use crate::provider::FetchProgress;
use crate::report::inert::inert_line;
use crate::report::progress::tally::Tallies;

/// Time between two redraws of a bar that stands still.
const TICK: Duration = Duration::from_millis(250);

/// The last step of a fetch.
const READY: &str = "ready";

/// The bars.
pub(super) struct Bars {
    multi: MultiProgress,
    color: bool,
    tallies: Tallies,
    variants: Vec<ProgressBar>,
    fetch: Option<(String, ProgressBar)>,
}

impl Bars {
    /// Bars on a target.
    pub(super) fn new(target: ProgressDrawTarget, color: bool) -> Self {
        let multi = MultiProgress::with_draw_target(target);
        Self { multi, color, tallies: Tallies::default(), variants: Vec::new(), fetch: None }
    }

    pub(super) fn on_event(&mut self, event: &Event) {
        match event {
            Event::ModelFetched(fetch) => self.fetched(fetch),
            Event::RunStarted { header: _, planned } => {
                self.end_fetch();
                self.begin(planned, "");
            }
            Event::FollowUpsStarted { planned } => {
                self.variants.drain(..).for_each(|bar| bar.finish());
                self.begin(planned, " again");
            }
            Event::AttemptFailed { key, error: _, wait_ms: _ } => {
                if let Some((i, tally)) = self.tallies.row(&key.variant()) {
                    tally.retries += 1;
                    let words = tally.words();
                    self.show(i, words, false);
                }
            }
            Event::LimitChanged(change) => {
                if let Some(words) = super::limit_words(change) {
                    let _ = self.multi.println(words);
                }
            }
            Event::TrialFinished(trial) => {
                if let Some((i, tally)) = self.tallies.row(&trial.key.variant()) {
                    tally.add(trial);
                    let words = tally.words();
                    self.show(i, words, true);
                }
            }
            Event::StopRequested => {
                // A terminal that cannot be drawn on does not stop a run.
                let _ = self.multi.println("stopping: what is in flight is being finished");
            }
            Event::RunEnded { status, reason: _ } => {
                self.end_fetch();
                for bar in &self.variants {
                    match status {
                        RunStatus::Finished => bar.finish(),
                        RunStatus::Running | RunStatus::Stopped => bar.abandon(),
                    }
                }
            }
        }
    }

    /// One bar per variant, its name with these words behind it.
    fn begin(&mut self, planned: &[(VariantKey, u64)], words: &str) {
        self.tallies = Tallies::new(planned);
        let width = self.tallies.rows.iter().map(|t| console::measure_text_width(&t.label)).max();
        let style = self.style("{rate}{rest}");
        for tally in &self.tallies.rows {
            let label = console::pad_str(&tally.label, width.unwrap_or(0), console::Alignment::Left, None);
            let bar = self.multi.add(ProgressBar::new(tally.planned)).with_style(style.clone());
            bar.set_prefix(format!("{label}{words}"));
            bar.enable_steady_tick(TICK);
            self.variants.push(bar);
        }
    }

    fn show(&self, i: usize, words: String, step: bool) {
        let Some(bar) = self.variants.get(i) else { return };
        bar.set_message(words);
        if step {
            bar.inc(1);
        }
    }

    fn fetched(&mut self, fetch: &FetchProgress) {
        if fetch.step == READY {
            self.end_fetch();
            return;
        }
        let step = inert_line(&fetch.step);
        if self.fetch.as_ref().is_none_or(|(model, _)| *model != fetch.model) {
            self.end_fetch();
            let bar = self.multi.add(ProgressBar::new(fetch.total)).with_style(self.style("{rest}"));
            bar.set_prefix(inert_line(&fetch.model));
            bar.enable_steady_tick(TICK);
            self.fetch = Some((fetch.model.clone(), bar));
        }
        if let Some((_, bar)) = &self.fetch {
            bar.set_length(fetch.total);
            bar.set_position(fetch.done);
            bar.set_message(step);
        }
    }

    fn end_fetch(&mut self) {
        if let Some((_, bar)) = self.fetch.take() {
            bar.finish_and_clear();
        }
    }

    fn style(&self, end: &str) -> ProgressStyle {
        let bar = if self.color { "{bar:24.cyan/dim}" } else { "{bar:24}" };
        let template = format!("{{prefix}} {bar} {{human_pos}}/{{human_len}} {{msg}}{end}");
        let style = ProgressStyle::with_template(&template);
        style
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("rate", rate)
            .with_key("rest", rest)
            .progress_chars("━━─")
    }
}

/// Trials per second, once there are any.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() > 0 {
        // A bar that cannot be written to is not drawn.
        let _ = write!(out, ", {:.1}/s", state.per_sec());
    }
}

/// Time left, while something is left.
fn rest(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() > 0 && state.len().is_some_and(|all| state.pos() < all) {
        let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{TrialError, VariantKey};
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, trial};
    use std::sync::Arc;

    #[test]
    fn every_template_is_valid() {
        for color in [true, false] {
            let bars = Bars::new(ProgressDrawTarget::hidden(), color);
            let bar = if color { "{bar:24.cyan/dim}" } else { "{bar:24}" };
            assert!(
                ProgressStyle::with_template(&format!("{{prefix}} {bar} {{msg}}{{rate}}{{rest}}")).is_ok()
            );
            drop(bars.style("{rate}{rest}"));
        }
    }

    #[test]
    fn bars_count_what_finished() {
        let mut bars = Bars::new(ProgressDrawTarget::hidden(), false);
        let fetch = FetchProgress { model: "m".into(), step: "verifying".into(), done: 1, total: 2 };
        bars.on_event(&Event::ModelFetched(fetch));
        assert!(bars.fetch.is_some());
        let key = VariantKey { prompt: "bare".into(), model: "small".into() };
        let header = Arc::new(RunBuilder::new("r").variant("bare").build().info.header);
        bars.on_event(&Event::RunStarted { header, planned: vec![(key, 2)] });
        assert!(bars.fetch.is_none());
        let done = trial("a", "bare").failed("number", "differs").0;
        let error = TrialError { kind: ErrorKind::Server, message: "502".into(), status: None };
        bars.on_event(&Event::AttemptFailed { key: done.key.clone(), error, wait_ms: 5 });
        bars.on_event(&Event::TrialFinished(Arc::new(done)));
        assert_eq!((bars.variants[0].position(), bars.variants[0].length()), (1, Some(2)));
        assert!(
            bars.variants[0].message().contains("1 failed, 1 asked again"),
            "{}",
            bars.variants[0].message()
        );
        bars.on_event(&Event::StopRequested);
        bars.on_event(&Event::RunEnded { status: RunStatus::Stopped, reason: None });
        assert!(bars.variants[0].is_finished());
    }
}
