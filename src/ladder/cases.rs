//! Four runs read case by case.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::case::{Action, Phrasing};
use crate::knowledge::Passage;
use crate::ladder::{CaseRow, Fared, Known, Rung, Verdict, verdict};
use crate::lint::doubts_of;
use crate::outcome::{CaseLabels, Outcome, ReadError, Recorded, TrialKey, VariantKey};
use crate::project::Project;
use crate::run::as_given;
use crate::shorten::first_of;
use crate::suite::{ScoredCase, Suite};

/// Passages named as evidence.
const SHOWN: usize = 4;

/// What a rung did with one wording.
#[derive(Default)]
struct Wording {
    fared: Fared,
    /// A trial that was given its passages.
    shown: Option<TrialKey>,
    /// Whether the case is another one today.
    edited: bool,
}

type Wordings = BTreeMap<String, [Wording; 4]>;

/// The cases of one column with their verdicts, and how many were left out because they are other ones today.
pub(super) fn read(
    project: &Project,
    runs: &[&dyn Recorded; 4],
    variant: &VariantKey,
) -> Result<(Vec<CaseRow>, usize), ReadError> {
    let mut seen: BTreeMap<(String, String), Wordings> = BTreeMap::new();
    let mut today: HashMap<(String, String), (&Suite, ScoredCase)> = HashMap::new();
    for suite in project.suites.iter().filter(|s| runs[3].info().header.suites.contains(&s.id)) {
        for scored in suite.cases.each() {
            let scored = scored.map_err(|moved| ReadError(moved.to_string()))?;
            today.insert((suite.id.clone(), scored.case.id.clone()), (suite, scored));
        }
    }
    for (rung, run) in runs.iter().enumerate() {
        for digest in run.digests()? {
            let digest = digest?;
            if digest.key.variant() != *variant {
                continue;
            }
            let place = (digest.key.suite.clone(), digest.key.case.clone());
            let case = today.get(&place).map(|(_, scored)| &scored.case);
            let wordings = seen.entry(place).or_default();
            let wording = &mut wordings.entry(digest.key.phrasing.clone()).or_default()[rung];
            let same = |w: &Phrasing| {
                w.key == digest.key.phrasing
                    && case.is_some_and(|case| case.fingerprint(w) == digest.fingerprints.case)
            };
            wording.edited |= !case.is_some_and(|case| case.wordings().iter().any(same));
            match digest.outcome.verdict() {
                Some(passed) => {
                    wording.fared.judged += 1;
                    wording.fared.passed += u64::from(passed);
                }
                None => wording.fared.open += 1,
            }
            if digest.outcome != Outcome::Errored && wording.shown.is_none() {
                wording.shown = Some(digest.key);
            }
        }
    }
    let mut rows = Vec::new();
    let mut left_out = 0;
    for (place, wordings) in seen {
        let edited = wordings.values().flatten().any(|wording| wording.edited);
        match today.get(&place) {
            Some((suite, scored)) if !edited => {
                rows.push(Reading { runs, suite, scored, wordings: &wordings }.row()?);
            }
            _ => left_out += 1,
        }
    }
    Ok((rows, left_out))
}

/// Whether a wording passed: more than half of its trials, however the open ones would have ended.
fn passed(fared: Fared) -> Option<bool> {
    let all = fared.judged + fared.open;
    match () {
        () if 2 * fared.passed > all => Some(true),
        () if all > 0 && 2 * (fared.passed + fared.open) <= all => Some(false),
        () => None,
    }
}

/// A case on its four rungs.
struct Reading<'a> {
    runs: &'a [&'a dyn Recorded; 4],
    suite: &'a Suite,
    scored: &'a ScoredCase,
    wordings: &'a Wordings,
}

impl Reading<'_> {
    fn row(&self) -> Result<CaseRow, ReadError> {
        let case = &self.scored.case;
        let rungs = [0, 1, 2, 3].map(|rung| self.rung(rung));
        let wanted = case.expect.is_empty() || case.expect.contains(&Action::Answer);
        let mut known = Known {
            rungs,
            content: wanted || !case.sources.is_empty(),
            sourced: !case.sources.is_empty(),
            found: true,
            backed: None,
        };
        let mut given = Vec::new();
        let mut doubt = None;
        // What passes as it is retrieved needs no reason.
        if rungs[3] != Some(true) {
            let own = self.given(1)?.into_iter().next();
            let own = own.unwrap_or_else(|| self.suite.knowledge.resolve_all(&case.sources));
            doubt = self.doubt(&own);
            known.backed = (!case.goldens.is_empty()).then_some(doubt.is_none());
            given = self.given(3)?;
            known.found = given.iter().all(|given| self.holds(given, known.backed == Some(true)));
        }
        let verdict = verdict(known);
        let mut evidence = vec![self.fared()];
        evidence.extend(self.why(verdict, known, &given, doubt.as_deref()));
        let sources: Vec<String> = case.sources.iter().map(ToString::to_string).collect();
        let labels = CaseLabels::new(None, None, String::new(), Vec::new(), &sources);
        let of_article = || self.suite.knowledge.article(labels.articles.first()?)?.owner.clone();
        let owner = if verdict == Verdict::ContentMissing { of_article() } else { None };
        Ok(CaseRow {
            suite: case.suite.clone(),
            case: case.id.clone(),
            area: case.area.clone(),
            weight: case.weight,
            verdict,
            goes_to: verdict.goes_to(),
            owner: owner.or_else(|| case.owner.clone()),
            evidence,
            rungs: Rung::ALL.into_iter().zip(0..).map(|(rung, at)| (rung, self.total(at))).collect(),
            passed: rungs,
            articles: labels.articles,
        })
    }

    /// Whether the case passed on a rung: in all its wordings.
    fn rung(&self, rung: usize) -> Option<bool> {
        let of = |w: &Phrasing| self.wordings.get(&w.key).and_then(|rungs| passed(rungs[rung].fared));
        let each: Vec<Option<bool>> = self.scored.case.wordings().iter().map(of).collect();
        match () {
            () if each.contains(&Some(false)) => Some(false),
            () if each.contains(&None) => None,
            () => Some(true),
        }
    }

    fn total(&self, rung: usize) -> Fared {
        self.wordings.values().fold(Fared::default(), |sum, rungs| {
            let one = rungs[rung].fared;
            Fared {
                passed: sum.passed + one.passed,
                judged: sum.judged + one.judged,
                open: sum.open + one.open,
            }
        })
    }

    /// What a rung gave to each wording.
    fn given(&self, rung: usize) -> Result<Vec<Vec<Arc<Passage>>>, ReadError> {
        let mut all = Vec::new();
        for key in self.wordings.values().filter_map(|rungs| rungs[rung].shown.as_ref()) {
            let trial = self.runs[rung].trial(key)?;
            all.push(trial.passages.iter().map(|given| as_given(None, given)).collect());
        }
        Ok(all)
    }

    /// Whether passages hold the sources of the case. Of a source that is a whole article one passage will do, where
    /// the golden does not show that it is another one.
    fn holds(&self, given: &[Arc<Passage>], backed: bool) -> bool {
        let case = &self.scored.case;
        let covered = |source: &crate::case::SourceRef| {
            let name = source.to_string();
            let within = |id: &str| {
                id.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
            };
            given.iter().any(|passage| within(&passage.id))
        };
        let exact = case.sources.iter().all(|source| source.section.is_some());
        case.sources.iter().all(covered) && (exact || !backed || self.doubt(given).is_none())
    }

    /// Why passages do not say what the golden says; nothing where they do, and where there is no golden.
    fn doubt(&self, passages: &[Arc<Passage>]) -> Option<String> {
        let mut first = None;
        for golden in &self.scored.case.goldens {
            let doubts = doubts_of(golden, self.suite, self.scored, passages);
            let doubt = doubts.into_iter().next()?;
            first.get_or_insert_with(|| format!("its golden says \"{}\": {}", doubt.quote, doubt.why));
        }
        first
    }

    fn fared(&self) -> String {
        let of = |rung: usize| {
            let fared = self.total(rung);
            let open = match fared.open {
                0 => String::new(),
                n => format!(" and {n} open"),
            };
            format!("{} {} of {}{open}", Rung::ALL[rung].name(), fared.passed, fared.judged)
        };
        format!("passed: {}", [0, 3, 1, 2].map(of).join(", "))
    }

    fn why(
        &self,
        verdict: Verdict,
        known: Known,
        given: &[Vec<Arc<Passage>>],
        doubt: Option<&str>,
    ) -> Vec<String> {
        let sources: Vec<String> = self.scored.case.sources.iter().map(ToString::to_string).collect();
        let retrieved = || match listed(given) {
            list if list.is_empty() => "nothing was retrieved".to_owned(),
            list => format!("retrieved: {list}"),
        };
        match verdict {
            Verdict::ContentMissing => match doubt {
                Some(doubt) if known.sourced => vec![doubt.to_owned()],
                _ => vec!["it declares no source, and all passages together do not help".to_owned()],
            },
            Verdict::RetrievalMiss if known.rungs[1] == Some(false) => {
                vec!["another article than its sources holds the answer".to_owned(), retrieved()]
            }
            Verdict::RetrievalMiss => vec![format!("not found: {}", sources.join(", ")), retrieved()],
            Verdict::Distracted if known.sourced => {
                vec![format!("found, and led away all the same: {}", sources.join(", ")), retrieved()]
            }
            Verdict::Distracted => vec![format!("it needs no passage; {}", retrieved())],
            Verdict::Miss => {
                let mut why = Vec::new();
                if known.sourced {
                    why.push(format!("given and not used: {}", sources.join(", ")));
                    if known.backed.is_none() {
                        why.push("it has no golden that would show whether its sources suffice".to_owned());
                    }
                }
                why
            }
            Verdict::GeneralKnowledge => vec!["it passes without any passage".to_owned()],
            Verdict::Works if known.rungs[2] == Some(false) => {
                vec!["given all passages at once it fails".to_owned()]
            }
            Verdict::Works => Vec::new(),
            Verdict::CannotTell => {
                let open = Rung::ALL.iter().zip(known.rungs).filter(|(_, passed)| passed.is_none());
                let open: Vec<&str> = open.map(|(rung, _)| rung.name()).collect();
                vec![format!("no result that decides on: {}", open.join(", "))]
            }
        }
    }
}

/// The first passages of all wordings, each once.
fn listed(given: &[Vec<Arc<Passage>>]) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for passage in given.iter().flatten() {
        if !ids.contains(&passage.id.as_str()) {
            ids.push(&passage.id);
        }
    }
    first_of(&ids, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_passes_and_open_trials_count_either_way() {
        let of = |passed_, judged, open| passed(Fared { passed: passed_, judged, open });
        assert_eq!(of(0, 0, 0), None);
        assert_eq!(of(1, 1, 0), Some(true));
        assert_eq!(of(1, 2, 0), Some(false));
        assert_eq!(of(0, 0, 1), None);
        assert_eq!(of(2, 2, 1), Some(true));
        assert_eq!(of(1, 2, 1), None);
        assert_eq!(of(0, 2, 1), Some(false));
    }
}
