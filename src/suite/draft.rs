//! One case under check: what was written, in whatever file, → [`Case`].

use std::collections::BTreeSet;
use std::ops::Range;

use crate::case::{Case, Origin, Phrasing, Speaker, Tier, Turn};
use crate::config::reader::{At, Mistakes};
use crate::diagnostic::Location;
use crate::suite::customer;
use crate::suite::defaults::{self, Defaults};
use crate::suite::perturb;
use crate::suite::script::{self, TurnScores};
use crate::suite::sources::Sources;
use crate::suite::wire::{CaseTable, ScoreTable, TurnTable};

/// A checked case with what later checks need.
pub(super) struct Draft<'a> {
    /// The case; its goldens are the inline ones.
    pub(super) case: Case,
    /// Which of the suite's files it stands in; 0 is the suite itself.
    pub(super) file: usize,
    /// Its id, or its row, in that file.
    pub(super) place: Location,
    /// Whether its id was made from its content.
    pub(super) derived: bool,
    /// Its own scorers.
    pub(super) scores: Vec<At<ScoreTable<'a>>>,
    /// The scorers of its scripted turns.
    pub(super) turns: Vec<TurnScores<'a>>,
}

/// What is left to check of a table that cannot be a case.
pub(super) struct Unfit<'a> {
    /// Its own scorers.
    pub(super) scores: Vec<At<ScoreTable<'a>>>,
    /// The scorers of its scripted turns.
    pub(super) turns: Vec<TurnScores<'a>>,
}

/// What all cases of one file share.
pub(super) struct Common<'c> {
    /// Suite id.
    pub(super) suite: &'c str,
    /// The suite's knowledge.
    pub(super) sources: &'c Sources,
    /// Values for keys that a case does not have.
    pub(super) defaults: &'c Defaults,
    /// Index of the file among the suite's files.
    pub(super) file: usize,
    /// Whether ids are the user's own choice and must be plain.
    pub(super) plain_ids: bool,
}

impl Common<'_> {
    /// Checks one case; `Unfit` when it has no id or no input.
    pub(super) fn draft<'a>(
        &self,
        table: CaseTable<'a>,
        span: &Range<usize>,
        mistakes: &mut Mistakes,
    ) -> Result<Draft<'a>, Unfit<'a>> {
        let turns = turns(&table, span, mistakes);
        let script = script::turns(&table.script, mistakes);
        let customer = customer::check(&table, mistakes);
        let id = table.id.as_ref().filter(|id| self.id_is_good(id, mistakes)).cloned();
        let mut phrasings = phrasings(&table, turns.as_deref().and_then(<[Turn]>::last), mistakes);
        let sources: Vec<_> = table
            .sources
            .iter()
            .flat_map(|s| &s.value)
            .filter_map(|s| self.sources.resolve(s, mistakes))
            .collect();
        let own = Defaults {
            lang: defaults::lang(table.lang.as_ref(), mistakes),
            tier: table.tier.as_ref().map(|t| t.value),
            owner: table.owner.as_ref().map(|o| o.value.clone()),
            area: table.area.as_ref().map(|a| a.value.clone()),
            tags: defaults::tags(table.tags.as_ref(), mistakes),
            weight: defaults::weight(table.weight.as_ref(), mistakes),
            expect: table.expect.as_ref().map(|e| defaults::actions(&e.value.0)),
            vars: defaults::vars(table.vars.as_ref()),
            perturb: defaults::perturbers(table.perturb.as_ref(), mistakes),
            perturbation: self.defaults.perturbation.clone(),
        };
        let goldens = goldens(&table, mistakes);
        let values = own.over(self.defaults);
        let (Some(id), Some(turns), Some(script), Ok(customer)) = (id, turns, script, customer) else {
            return Err(Unfit { scores: table.score, turns: script::scores(table.script) });
        };
        let lang = values.lang.unwrap_or_else(|| defaults::LANG.to_owned());
        let input = turns.last().map_or("", |t| t.text.as_str());
        let then: Vec<&str> = script.iter().skip(1).map(|turn| turn.say.as_str()).collect();
        if let Some(written) = &table.perturb {
            defaults::warn_speechless(written, &lang, mistakes);
        }
        let perturbers = values.perturb.iter().flatten().filter_map(|name| perturb::find(name));
        for made in perturbers.filter_map(|p| p.wording((input, &then), &lang, &values.perturbation)) {
            if phrasings.iter().all(|p| (&p.text, &p.then) != (&made.text, &made.then)) {
                phrasings.push(made);
            }
        }
        let case = Case {
            suite: self.suite.to_owned(),
            id: id.value,
            turns,
            script,
            phrasings,
            vars: values.vars,
            sources,
            expect: values.expect.unwrap_or_default(),
            tags: values.tags.unwrap_or_default(),
            owner: values.owner,
            area: values.area,
            tier: if customer.is_some() { Tier::Simulated } else { values.tier.unwrap_or_default() },
            customer,
            weight: values.weight.unwrap_or(1.0),
            lang,
            goldens,
            origin: Origin { path: mistakes.file().path.clone(), line: mistakes.line(span.start) },
        };
        Ok(Draft {
            case,
            file: self.file,
            place: mistakes.file().at(id.span),
            derived: false,
            scores: table.score,
            turns: script::scores(table.script),
        })
    }

    fn id_is_good(&self, id: &At<String>, mistakes: &mut Mistakes) -> bool {
        let text = id.value.as_str();
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'/');
        let good = if self.plain_ids {
            text.bytes().all(plain) && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        } else {
            !text.trim().is_empty()
        };
        if !good {
            let finding = mistakes.error(&id.span, format!("`{text}` cannot be a case's id"));
            let finding = if self.plain_ids {
                finding.help("use small letters, digits and - _ . / and start with a letter or digit")
            } else {
                finding.help("an id must not be empty")
            };
            mistakes.push(finding);
        }
        good
    }
}

/// The conversation out of `input` or `turns`.
fn turns(table: &CaseTable<'_>, span: &Range<usize>, mistakes: &mut Mistakes) -> Option<Vec<Turn>> {
    if !table.script.is_empty() {
        return script::opening(table, mistakes);
    }
    match (&table.input, &table.turns) {
        (None, None) if table.asked => None,
        (None, None) => {
            let finding = mistakes.error(span, "the case has neither `input` nor `turns`");
            mistakes.push(finding.help("`input` is what the customer writes"));
            None
        }
        (Some(input), Some(_)) => {
            let finding = mistakes.error(&input.span, "`input` and `turns` exclude each other");
            mistakes.push(finding.help("the last of `turns` is the input"));
            None
        }
        (Some(input), None) if input.value.trim().is_empty() => {
            mistakes.push(mistakes.error(&input.span, "`input` is empty"));
            None
        }
        (Some(input), None) => Some(vec![Turn { role: Speaker::Customer, text: input.value.clone() }]),
        (None, Some(turns)) => conversation(turns, mistakes),
    }
}

/// Turns as written; `None` when one of them is wrong (reported).
pub(super) fn said(written: &At<Vec<At<TurnTable>>>, mistakes: &mut Mistakes) -> Option<Vec<Turn>> {
    let mut turns = Vec::new();
    let before = written.value.len();
    for turn in &written.value {
        let (Some(role), Some(text)) = (&turn.value.role, &turn.value.text) else { continue };
        if text.value.trim().is_empty() {
            mistakes.push(mistakes.error(&text.span, "a turn must not be empty"));
            continue;
        }
        turns.push(Turn { role: role.value, text: text.value.clone() });
    }
    (turns.len() == before).then_some(turns)
}

fn conversation(written: &At<Vec<At<TurnTable>>>, mistakes: &mut Mistakes) -> Option<Vec<Turn>> {
    let turns = said(written, mistakes)?;
    match turns.last() {
        None => {
            mistakes.push(mistakes.error(&written.span, "`turns` is empty"));
            None
        }
        Some(last) if last.role == Speaker::Agent => {
            let span = written.value.last().map_or(&written.span, |t| &t.span);
            let finding = mistakes.error(span, "the last turn must be the customer's");
            mistakes.push(finding.help("the model answers it; an agent's answer belongs into `golden`"));
            None
        }
        Some(_) => Some(turns),
    }
}

fn phrasings(table: &CaseTable<'_>, last: Option<&Turn>, mistakes: &mut Mistakes) -> Vec<Phrasing> {
    let mut seen: BTreeSet<&str> = last.map(|t| t.text.trim()).into_iter().collect();
    let mut phrasings = Vec::new();
    for phrasing in table.phrasings.iter().flat_map(|p| &p.value) {
        let text = phrasing.value.trim();
        if text.is_empty() {
            mistakes.push(mistakes.error(&phrasing.span, "a phrasing must not be empty"));
        } else if !seen.insert(text) {
            let finding = mistakes.error(&phrasing.span, "the same wording stands there already");
            mistakes.push(finding.help("`phrasings` are further wordings; the input itself is always asked"));
        } else {
            phrasings.push(Phrasing::further(phrasing.value.clone()));
        }
    }
    phrasings
}

fn goldens(table: &CaseTable<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    let written = table.golden.iter().flat_map(|g| &g.value.0);
    let mut goldens = Vec::new();
    for golden in written {
        if golden.value.trim().is_empty() {
            mistakes.push(mistakes.error(&golden.span, "an accepted answer must not be empty"));
        } else {
            goldens.push(golden.value.clone());
        }
    }
    goldens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::{parse, read_table};
    use crate::diagnostic::SourceFile;
    use crate::suite::sources::article;

    fn check(text: &str) -> (Option<Case>, Vec<String>) {
        let sources = Sources::of(vec![article("returns", &["top"])]);
        let defaults = Defaults { lang: Some("ro".into()), ..Defaults::default() };
        let common = Common { suite: "s", sources: &sources, defaults: &defaults, file: 0, plain_ids: true };
        let mut mistakes = Mistakes::new(SourceFile::new("s.toml", text));
        let tree = parse(text, &mut mistakes).unwrap();
        let table: CaseTable<'_> = read_table(tree.get_ref(), &(0..0), &mut mistakes);
        let case = common.draft(table, &(0..0), &mut mistakes).ok().map(|d| d.case);
        let found = mistakes.finish();
        let shown = found.iter().map(|d| format!("{} {}", d.to_row().line.unwrap_or(0), d.message));
        (case, shown.collect())
    }

    #[test]
    fn a_whole_case() {
        let (case, found) = check(
            "id = 'a/b-1'\nturns = [{ role = 'agent', text = 'Hi' }, { role = 'customer', text = 'When?' }]\n\
             sources = ['returns']\nexpect = ['answer', 'clarify', 'answer']\nphrasings = ['Until when?']\n\
             golden = '30 days'\ntier = 'critical'\nweight = 2\n",
        );
        assert_eq!(found, [""; 0]);
        let case = case.unwrap();
        assert_eq!((case.id.as_str(), case.input(), case.history().len()), ("a/b-1", "When?", 1));
        assert_eq!(case.expect.len(), 2);
        assert_eq!((case.lang.as_str(), case.weight, case.origin.line), ("ro", 2.0, 1));
        assert_eq!(case.goldens, ["30 days"]);
        assert_eq!(case.phrasings[0].key.len(), 8);
    }

    #[test]
    fn ids_are_plain() {
        for (id, good) in
            [("a", true), ("a_b.c/d-e", true), ("A", false), ("-a", false), ("", false), ("a b", false)]
        {
            let (case, _) = check(&format!("id = '{id}'\ninput = 'x'\n"));
            assert_eq!(case.is_some(), good, "{id}");
        }
    }

    #[test]
    fn every_mistake_at_once() {
        let (case, found) = check(
            "id = 'A B'\ninput = ' '\nsources = ['nope']\nphrasings = ['', 'x', 'x']\ngolden = ['']\n\
             weight = 0\nlang = 'romanian'\ntags = ['']\nexpect = 'anwser'\n",
        );
        assert!(case.is_none());
        assert_eq!(
            found,
            [
                "1 `A B` cannot be a case's id",
                "2 `input` is empty",
                "3 no article has the id `nope`",
                "4 a phrasing must not be empty",
                "4 the same wording stands there already",
                "5 an accepted answer must not be empty",
                "6 `weight` must be above 0, not 0",
                "7 `romanian` is not a language tag",
                "8 `tags` must not hold an empty text",
                "9 unknown action `anwser`",
            ]
        );
    }

    #[test]
    fn the_last_turn_is_the_customers() {
        let turns = |text: &str| check(&format!("id = 'a'\n{text}")).1;
        assert_eq!(turns(""), ["1 the case has neither `input` nor `turns`"]);
        assert_eq!(turns("turns = []"), ["2 `turns` is empty"]);
        assert_eq!(turns("input = 'x'\nturns = []"), ["2 `input` and `turns` exclude each other"]);
        assert_eq!(
            turns("turns = [{ role = 'agent', text = 'x' }]"),
            ["2 the last turn must be the customer's"]
        );
        assert_eq!(turns("turns = [{ role = 'customer', text = ' ' }]"), ["2 a turn must not be empty"]);
        assert_eq!(turns("turns = [{ role = 'custmer', text = 'x' }]"), ["2 unknown role `custmer`"]);
    }
}
