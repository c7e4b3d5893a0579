//! What a run did with the articles of the project, case by case.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::case::Action;
use crate::coverage::{SectionRow, Touches};
use crate::knowledge::{Article, Passage};
use crate::outcome::{Outcome, ReadError, Recorded, VariantKey};
use crate::project::Project;
use crate::score::accepted::uses;
use crate::suite::{ScoredCase, Suite};

/// An article or a section by the name of its source and its id.
pub(super) type Place = (String, String);

/// A case and what became of it.
pub(super) struct CaseSeen<'p> {
    pub(super) suite: &'p Suite,
    pub(super) scored: ScoredCase,
    /// Trials with a verdict.
    pub(super) judged: u64,
    pub(super) passed: u64,
    /// Trials in which the customer was answered, and rightly.
    pub(super) answered: u64,
    /// All trials that did not error.
    pub(super) trials: u64,
}

/// Cases that touched something, by how.
#[derive(Default)]
struct Seen {
    declared: BTreeSet<usize>,
    retrieved: BTreeSet<usize>,
    cited: BTreeSet<usize>,
    contradicted: BTreeSet<usize>,
    /// Cases that declare it and whose suites are not in the run.
    elsewhere: u64,
}

/// The coverage as it is counted.
pub(super) struct Map<'p> {
    pub(super) articles: BTreeMap<Place, &'p Arc<Article>>,
    pub(super) cases: Vec<CaseSeen<'p>>,
    seen: BTreeMap<Place, Seen>,
    pub(super) left_out: u64,
}

impl<'p> Map<'p> {
    pub(super) fn of(
        project: &'p Project,
        run: &dyn Recorded,
        counts: &dyn Fn(&VariantKey) -> bool,
    ) -> Result<Self, ReadError> {
        let mut map =
            Self { articles: BTreeMap::new(), cases: Vec::new(), seen: BTreeMap::new(), left_out: 0 };
        for article in project.sources.values().flatten() {
            map.articles.insert((article.source.clone(), article.id.clone()), article);
        }
        let mut places: HashMap<(String, String), usize> = HashMap::new();
        let suites = &run.info().header.suites;
        for suite in &project.suites {
            let is_run = suites.contains(&suite.id);
            for scored in suite.cases.each() {
                let scored = scored.map_err(|moved| ReadError(moved.to_string()))?;
                if !is_run {
                    map.declare_elsewhere(suite, &scored);
                    continue;
                }
                places.insert((suite.id.clone(), scored.case.id.clone()), map.cases.len());
                map.declare(suite, &scored, map.cases.len());
                map.cases.push(CaseSeen { suite, scored, judged: 0, passed: 0, answered: 0, trials: 0 });
            }
        }
        // Whole trials are fetched only when nothing is being read any more.
        let mut wanted = Vec::new();
        for digest in run.digests()? {
            let digest = digest?;
            if !counts(&digest.key.variant()) {
                continue;
            }
            let place = places.get(&(digest.key.suite.clone(), digest.key.case.clone()));
            match place {
                None => map.left_out += 1,
                Some(_) if digest.outcome == Outcome::Errored => {}
                Some(place) => {
                    map.count(*place, digest.outcome, digest.action);
                    wanted.push((*place, digest.key));
                }
            }
        }
        for (place, key) in wanted {
            map.look(place, &run.trial(&key)?);
        }
        Ok(map)
    }

    /// Takes in what a case declares.
    fn declare(&mut self, suite: &Suite, scored: &ScoredCase, case: usize) {
        for passage in suite.knowledge.resolve_all(&scored.case.sources) {
            let Some(article) = suite.knowledge.article(&passage.article) else { continue };
            for id in [&passage.id, &article.id] {
                let place = (article.source.clone(), id.clone());
                self.seen.entry(place).or_default().declared.insert(case);
            }
        }
    }

    /// Takes in what a case declares whose suite is not in the run.
    fn declare_elsewhere(&mut self, suite: &Suite, scored: &ScoredCase) {
        let mut places = BTreeSet::new();
        for passage in suite.knowledge.resolve_all(&scored.case.sources) {
            let Some(article) = suite.knowledge.article(&passage.article) else { continue };
            places.extend([&passage.id, &article.id].map(|id| (article.source.clone(), id.clone())));
        }
        for place in places {
            self.seen.entry(place).or_default().elsewhere += 1;
        }
    }

    fn count(&mut self, case: usize, outcome: Outcome, action: Option<Action>) {
        let seen = &mut self.cases[case];
        let passed = outcome.verdict() == Some(true);
        seen.trials += 1;
        seen.judged += u64::from(outcome.verdict().is_some());
        seen.passed += u64::from(passed);
        seen.answered += u64::from(passed && matches!(action, Some(Action::Answer | Action::Act)));
    }

    /// Takes in what a trial was given and what its answer did with it.
    fn look(&mut self, case: usize, trial: &crate::outcome::TrialResult) {
        let (suite, scored) = (self.cases[case].suite, self.cases[case].scored.clone());
        let knowledge = &suite.knowledge;
        let mut given: Vec<Arc<Passage>> = Vec::new();
        for recorded in &trial.passages {
            // What was given is known by its id; an edited passage is still the same place of the article.
            let article =
                recorded.id.rmatch_indices('#').find_map(|(at, _)| knowledge.article(&recorded.id[..at]));
            let Some(article) = article else { continue };
            let passage = article.passages.iter().find(|p| p.id == recorded.id);
            given.extend(passage.filter(|p| p.hash == recorded.hash).cloned());
            for id in [&recorded.id, &article.id] {
                let place = (article.source.clone(), id.clone());
                self.seen.entry(place).or_default().retrieved.insert(case);
            }
        }
        let Some(completion) = &trial.completion else { return };
        let used = uses(completion, &scored.case, &given, knowledge, &suite.markers);
        for article in used.cites.iter().filter_map(|id| knowledge.article(id)) {
            let place = (article.source.clone(), article.id.clone());
            self.seen.entry(place).or_default().cited.insert(case);
        }
        for passage in given.iter().filter(|p| used.contradicts.contains(&p.id)) {
            let Some(article) = knowledge.article(&passage.article) else { continue };
            for id in [&passage.id, &article.id] {
                let place = (article.source.clone(), id.clone());
                self.seen.entry(place).or_default().contradicted.insert(case);
            }
        }
    }

    /// How often an article or a section was touched.
    pub(super) fn touches(&self, place: &Place) -> Touches {
        let Some(seen) = self.seen.get(place) else { return Touches::default() };
        let n = |set: &BTreeSet<usize>| set.len() as u64;
        let beside = seen.retrieved.difference(&seen.declared);
        let declares = |case: &&usize| !self.cases[**case].scored.case.sources.is_empty();
        Touches {
            declared: n(&seen.declared),
            retrieved: n(&seen.retrieved),
            beside: beside.filter(declares).count() as u64,
            cited: n(&seen.cited),
            contradicted: n(&seen.contradicted),
            elsewhere: seen.elsewhere,
        }
    }

    /// The cases that declare an article.
    pub(super) fn declaring(&self, place: &Place) -> impl Iterator<Item = &CaseSeen<'p>> {
        let cases = self.seen.get(place).into_iter().flat_map(|seen| &seen.declared);
        cases.map(|case| &self.cases[*case])
    }

    /// The cases whose answers contradict an article.
    pub(super) fn contradicting(&self, place: &Place) -> impl Iterator<Item = &CaseSeen<'p>> {
        let cases = self.seen.get(place).into_iter().flat_map(|seen| &seen.contradicted);
        cases.map(|case| &self.cases[*case])
    }

    /// All sections with what touched them.
    pub(super) fn sections(&self) -> Vec<SectionRow> {
        let each =
            self.articles.values().flat_map(|article| article.passages.iter().map(move |p| (article, p)));
        each.map(|(article, passage)| SectionRow {
            section: passage.id.clone(),
            touches: self.touches(&(article.source.clone(), passage.id.clone())),
        })
        .collect()
    }
}
