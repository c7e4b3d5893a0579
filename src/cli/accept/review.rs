//! The review: one answer after the other, and what the person decides.

use std::fmt;

use console::Key;

use crate::outcome::TrialResult;
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, words};
use crate::report::{inert, inert_line, pieces, plural};

use super::desk::Desk;
use super::keep::{Acceptance, Found, Kept, Shelf};

/// What the keys do.
const KEYS: &str = "a accept · r reject · e edit · s skip · q quit";

/// One review.
pub(super) struct Review<'a> {
    pub(super) paint: Paint,
    pub(super) shelf: &'a Shelf,
    pub(super) author: &'a str,
    /// Why, for all answers; asked for each when absent.
    pub(super) reason: Option<&'a str>,
    /// Accept beside the accepted answers instead of in their place.
    pub(super) also: bool,
}

/// What was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) accepted: u64,
    pub(super) skipped: u64,
    /// Cases whose answer was called wrong, as `suite/case`.
    pub(super) rejected: Vec<String>,
    /// Answers not looked at.
    pub(super) left: u64,
    pub(super) interrupted: bool,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejected = self.rejected.len();
        write!(f, "{} accepted, {rejected} rejected, {} skipped", self.accepted, self.skipped)?;
        if self.left > 0 {
            write!(f, ", {} not looked at", self.left)?;
        }
        if rejected > 0 {
            write!(f, "\nrejected, so the prompt or the model has to change: {}", self.rejected.join(", "))?;
        }
        Ok(())
    }
}

enum Decision {
    Accept,
    Reject,
    Edit,
    Skip,
    Quit,
}

impl Review<'_> {
    /// Goes through the answers until the end or until the person quits.
    pub(super) fn go(&self, trials: &[&TrialResult], desk: &mut dyn Desk) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        for (i, trial) in trials.iter().enumerate() {
            let place = format!("{} of {}", i + 1, plural(trials.len() as u64, "answer"));
            if !self.one(trial, &place, desk, &mut tally)? {
                tally.left = (trials.len() - i) as u64;
                break;
            }
        }
        Ok(tally)
    }

    /// Reviews one answer; `false` ends the review.
    fn one(
        &self,
        trial: &TrialResult,
        place: &str,
        desk: &mut dyn Desk,
        tally: &mut Tally,
    ) -> anyhow::Result<bool> {
        let mut answer = trial.answer().unwrap_or_default().to_owned();
        loop {
            // Read again each time: an answer accepted a moment ago is part of it.
            let found = self.shelf.find(&trial.key)?;
            desk.show(&self.card(trial, &answer, &found, place));
            match decide(desk)? {
                Some(Decision::Accept) => {
                    if self.accept(trial, &answer, &found, desk)? {
                        tally.accepted += 1;
                        return Ok(true);
                    }
                }
                Some(Decision::Edit) => match desk.edit(&answer) {
                    Ok(edited) if edited.trim().is_empty() => {
                        desk.show("the edited answer is empty; the old one is kept");
                    }
                    Ok(edited) => edited.trim().clone_into(&mut answer),
                    Err(error) => desk.show(&format!("{error:#}")),
                },
                Some(Decision::Reject) => {
                    tally.rejected.push(format!("{}/{}", trial.key.suite, trial.key.case));
                    return Ok(true);
                }
                Some(Decision::Skip) => {
                    tally.skipped += 1;
                    return Ok(true);
                }
                Some(Decision::Quit) => return Ok(false),
                None => {
                    tally.interrupted = true;
                    return Ok(false);
                }
            }
        }
    }

    fn accept(
        &self,
        trial: &TrialResult,
        answer: &str,
        found: &Found,
        desk: &mut dyn Desk,
    ) -> anyhow::Result<bool> {
        let asked = match self.reason {
            Some(reason) => reason.to_owned(),
            None => desk.line("Why is it right?")?,
        };
        if asked.is_empty() {
            desk.show("a golden needs a reason; nothing was accepted");
            return Ok(false);
        }
        // The accepted answers were shown, so replacing them is what was decided.
        let acceptance = Acceptance {
            author: self.author,
            reason: &asked,
            also: self.also,
            replace: !self.also && found.golden.is_some(),
        };
        match self.shelf.keep(trial, answer, &acceptance, found) {
            Ok(Kept::Written(path)) => desk.show(&format!("wrote {}", path.display())),
            Ok(Kept::Already(path)) => desk.show(&format!("{} holds it already", path.display())),
            Err(error) => {
                desk.show(&format!("{error:#}"));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Everything a person needs to decide on one answer.
    fn card(&self, trial: &TrialResult, answer: &str, found: &Found, place: &str) -> String {
        let paint = self.paint;
        let head = [
            Span::new(Tone::Dim, format!("{place}  ")),
            Span::new(Tone::Strong, &*trial.key.case),
            Span::new(
                Tone::Dim,
                format!("  {} · {} · {}", trial.key.suite, trial.key.variant(), trial.outcome.name()),
            ),
        ];
        let mut text = format!("\n{}", paragraph(paint, 0, &head));
        for turn in &trial.case.history {
            text.push_str(&labelled(paint, "earlier", &[Span::new(Tone::Dim, inert(&turn.text))], 0));
        }
        // Of a conversation the last answer is reviewed, and what was said before it belongs to it.
        let earlier = trial.turns.split_last().map_or(&[][..], |(_, earlier)| earlier);
        for turn in earlier {
            let agent = turn.completion().map(|c| c.text).unwrap_or_default();
            for (who, said) in [("customer", &turn.say), ("agent", &agent)] {
                text.push_str(&labelled(paint, who, &[Span::new(Tone::Dim, inert(said))], 0));
            }
        }
        let question = trial.turns.last().map_or(&trial.case.input, |turn| &turn.say);
        text.push_str(&labelled(paint, "question", &[inert(question).into()], 0));
        for passage in &trial.passages {
            let id = Span::new(Tone::Strong, format!("{} ", inert_line(&passage.id)));
            text.push_str(&labelled(paint, "article", &[id, inert(&passage.text).into()], 0));
        }
        let old: &[String] = found.golden.as_ref().map_or(&trial.case.goldens, |g| &g.answers);
        for golden in old {
            text.push_str(&labelled(paint, "accepted", &[inert(golden).into()], 0));
        }
        text.push_str(&labelled(paint, "answer", &[inert(answer).into()], 0));
        if let Some(golden) = old.first() {
            text.push_str(&labelled(paint, "changes", &words(&pieces(golden, answer)), 0));
        }
        for score in trial.scores.iter().filter(|s| s.pass() == Some(false)) {
            let why = format!("{}: {}", inert_line(&score.name), inert_line(&score.reason));
            text.push_str(&labelled(paint, "why", &[Span::new(Tone::Bad, why)], 0));
        }
        let replaces = match (&found.golden, self.also) {
            (Some(_), false) => " (accepting replaces the accepted answers shown above)",
            (Some(_), true) => " (accepting adds to the accepted answers shown above)",
            (None, _) => "",
        };
        format!("{text}  {}", paint.tone(Tone::Dim, &format!("{KEYS}{replaces}")))
    }
}

/// Waits for a key that decides; `None` when the person interrupts.
fn decide(desk: &mut dyn Desk) -> anyhow::Result<Option<Decision>> {
    loop {
        let Some(key) = desk.key()? else { return Ok(None) };
        return Ok(Some(match key {
            Key::Char('a' | 'A') => Decision::Accept,
            Key::Char('r' | 'R') => Decision::Reject,
            Key::Char('e' | 'E') => Decision::Edit,
            Key::Char('s' | 'S') => Decision::Skip,
            Key::Char('q' | 'Q') | Key::Escape => Decision::Quit,
            _ => {
                desk.show(KEYS);
                continue;
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::trial;
    use std::collections::VecDeque;
    use std::path::Path;

    #[derive(Default)]
    struct Script {
        keys: VecDeque<char>,
        lines: VecDeque<&'static str>,
        edits: VecDeque<&'static str>,
        shown: String,
    }

    impl Desk for Script {
        fn show(&mut self, text: &str) {
            self.shown.push_str(text);
            self.shown.push('\n');
        }
        fn key(&mut self) -> anyhow::Result<Option<Key>> {
            Ok(self.keys.pop_front().map(Key::Char))
        }
        fn line(&mut self, _: &str) -> anyhow::Result<String> {
            Ok(self.lines.pop_front().unwrap().to_owned())
        }
        fn edit(&mut self, _: &str) -> anyhow::Result<String> {
            Ok(self.edits.pop_front().unwrap().to_owned())
        }
    }

    fn review(dir: &Path, desk: &mut Script, trials: &[&TrialResult]) -> Tally {
        let shelf = Shelf::new(dir, Path::new("golden"));
        let paint = Paint::new(false, 100);
        let review = Review { paint, shelf: &shelf, author: "Ana", reason: None, also: false };
        review.go(trials, desk).unwrap()
    }

    fn golden(dir: &Path, case: &str) -> String {
        std::fs::read_to_string(dir.join("golden/top-ten").join(format!("{case}.md"))).unwrap()
    }

    #[test]
    fn every_key_does_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let trials: Vec<_> =
            ["a", "b", "c", "d"].map(|c| trial(c, "bare").failed("number", "differs").0).into();
        let trials: Vec<&TrialResult> = trials.iter().collect();
        let mut desk = Script {
            keys: ['x', 'a', 'r', 'e', 'a', 'q'].into(),
            lines: ["as the article says", "shorter"].into(),
            edits: ["30 days.\n"].into(),
            ..Script::default()
        };
        let tally = review(dir.path(), &mut desk, &trials);
        assert_eq!(
            tally.to_string(),
            "2 accepted, 1 rejected, 0 skipped, 1 not looked at\nrejected, so the prompt or the model has to change: top-ten/b"
        );
        assert!(golden(dir.path(), "a").ends_with("You have 60 days to return it.\n"));
        assert!(
            golden(dir.path(), "c").contains("reason = \"shorter\"")
                && golden(dir.path(), "c").ends_with("30 days.\n")
        );
        assert!(desk.shown.contains("wrote golden/top-ten/a.md"), "{}", desk.shown);
    }

    #[test]
    fn an_accepted_answer_is_replaced_only_after_it_was_shown() {
        let dir = tempfile::tempdir().unwrap();
        let trials = [
            trial("a", "bare").failed("number", "differs").0,
            trial("a", "grounded").answer("Thirty days.").0,
        ];
        let mut desk =
            Script { keys: ['a', 'a'].into(), lines: ["first", "second"].into(), ..Script::default() };
        review(dir.path(), &mut desk, &[&trials[0], &trials[1]]);
        assert!(desk.shown.contains("accepting replaces the accepted answers shown above"), "{}", desk.shown);
        assert!(desk.shown.contains("accepted  You have 60 days to return it."), "{}", desk.shown);
        assert!(golden(dir.path(), "a").ends_with("Thirty days.\n"));
    }

    #[test]
    fn no_reason_and_an_interrupt_accept_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let trial = trial("a", "bare").failed("number", "differs").0;
        let mut desk = Script { keys: ['a'].into(), lines: [""].into(), ..Script::default() };
        let tally = review(dir.path(), &mut desk, &[&trial]);
        assert!(tally.interrupted && tally.accepted == 0 && tally.left == 1);
        assert!(!dir.path().join("golden").exists());
    }

    #[test]
    fn a_card_shows_what_a_person_needs() {
        let dir = tempfile::tempdir().unwrap();
        let trial = trial("window", "grounded")
            .passage("returns#window", "Returns: Window", "You have 30 days from delivery.\u{1b}[2J")
            .failed("number", "differs")
            .0;
        let mut desk = Script { keys: ['s'].into(), ..Script::default() };
        review(dir.path(), &mut desk, &[&trial]);
        insta::assert_snapshot!(desk.shown);
    }
}
