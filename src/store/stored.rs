//! A stored run that is read piece by piece, in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, Row};

use crate::fingerprint::Fingerprint;
use crate::outcome::{
    AnswerDigest, Digests, Outcome, ReadError, Recorded, RunInfo, ScoreDigest, TrialDigest, TrialKey,
    TrialResult, VariantKey,
};
use crate::provider::Usage;

use super::dialogues::of_talk;
use super::error::Fault;
use super::json::{self, DigestFacts, ScoreRow};
use super::{Store, StoreError, judgements, read, rows, trials};

/// Cases whose trials are read at once.
const PAGE: usize = 256;

/// Up to so many trials are put in order by sorting; beyond, the cases of the store are walked in order.
const SORTED: i64 = 20_000;

/// Different names that a reader keeps, to share them between digests.
const NAMES: usize = 4096;

/// A run in a store; it sees trials that are recorded while it is open.
#[derive(Debug)]
pub struct StoredRun<'s> {
    store: &'s Store,
    number: i64,
    info: RunInfo,
}

impl<'s> StoredRun<'s> {
    /// Opens a run.
    pub(super) fn open(store: &'s Store, id: &str) -> Result<Self, StoreError> {
        let (number, info) = store.read(|tx| Ok((read::number(tx, id)?, read::info(tx, id)?)))?;
        Ok(Self { store, number, info })
    }

    /// The follow-ups, or the planned trials.
    fn pages(&self, follow_ups: bool) -> Result<Digests<'_>, ReadError> {
        let in_order = if follow_ups { cases_followed } else { cases_in_order };
        let (cases, variants) = self
            .store
            .read(|tx| Ok((in_order(tx, self.number)?, variants(tx, self.number)?)))
            .map_err(unreadable)?;
        let reader = Reader { variants, names: HashMap::new(), facts: None };
        let pages = Pages { run: self, follow_ups, cases, next: 0, page: VecDeque::new(), reader };
        Ok(Box::new(pages))
    }
}

impl Recorded for StoredRun<'_> {
    fn info(&self) -> &RunInfo {
        &self.info
    }

    fn tally(&self) -> Result<Vec<(VariantKey, Outcome, u64)>, ReadError> {
        self.store.read(|tx| read::tally(tx, self.number)).map_err(unreadable)
    }

    fn digests(&self) -> Result<Digests<'_>, ReadError> {
        self.pages(false)
    }

    fn follow_ups(&self) -> Result<Digests<'_>, ReadError> {
        self.pages(true)
    }

    fn trial(&self, key: &TrialKey) -> Result<TrialResult, ReadError> {
        let found = self.store.read(|tx| trials::one(tx, self.number, key)).map_err(unreadable)?;
        found.ok_or_else(|| ReadError(format!("trial {key:?} is not in run {}", self.info.header.id)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unreadable(error: StoreError) -> ReadError {
    ReadError(error.to_string())
}

/// The cases of a run in the order of [`TrialKey`].
fn cases_in_order(db: &Connection, run: i64) -> Result<Vec<i64>, Fault> {
    let trials: i64 = db
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM trials WHERE run = ?1 LIMIT ?2)")?
        .query_row((run, SORTED + 1), |row| row.get(0))?;
    let sql = if trials > SORTED {
        "SELECT c.id FROM cases c WHERE EXISTS (SELECT 1 FROM trials t WHERE t.run = ?1 AND t.case_id = c.id)
         ORDER BY c.suite, c.name, c.phrasing"
    } else {
        "SELECT c.id FROM (SELECT DISTINCT case_id FROM trials WHERE run = ?1) t
         CROSS JOIN cases c ON c.id = t.case_id ORDER BY c.suite, c.name, c.phrasing"
    };
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([run], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The cases of a run that have follow-ups, likewise.
fn cases_followed(db: &Connection, run: i64) -> Result<Vec<i64>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT c.id FROM (SELECT DISTINCT case_id FROM trials WHERE run = ?1 AND follow_up IS NOT NULL) t
         CROSS JOIN cases c ON c.id = t.case_id ORDER BY c.suite, c.name, c.phrasing",
    )?;
    let found = statement.query_map([run], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The variants of a run's trials.
fn variants(db: &Connection, run: i64) -> Result<HashMap<i64, VariantKey>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT id, prompt, model FROM variants v
         WHERE EXISTS (SELECT 1 FROM trials t WHERE t.run = ?1 AND t.variant = v.id)",
    )?;
    let found = statement
        .query_map([run], |row| Ok((row.get(0)?, VariantKey { prompt: row.get(1)?, model: row.get(2)? })))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Digests, a page at a time.
struct Pages<'a> {
    run: &'a StoredRun<'a>,
    follow_ups: bool,
    cases: Vec<i64>,
    next: usize,
    page: VecDeque<TrialDigest>,
    reader: Reader,
}

impl Iterator for Pages<'_> {
    type Item = Result<TrialDigest, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.page.is_empty() && self.next < self.cases.len() {
            let until = (self.next + PAGE).min(self.cases.len());
            let cases = &self.cases[self.next..until];
            self.next = until;
            let (run, reader, page) = ((self.run.number, self.follow_ups), &mut self.reader, &mut self.page);
            let read = self.run.store.read(|tx| {
                let mut statements = (tx.prepare_cached(OF_CASE)?, tx.prepare_cached(FACTS)?);
                cases.iter().try_for_each(|case| reader.case(tx, &mut statements, run, *case, page))
            });
            if let Err(error) = read {
                self.next = self.cases.len();
                return Some(Err(unreadable(error)));
            }
        }
        self.page.pop_front().map(Ok)
    }
}

const OF_CASE: &str = concat!(
    "SELECT t.case_hash, t.prompt_hash, t.knowledge_hash, t.scorers_hash, t.model_hash,
        t.error_kind, t.error_status, t.error_message,
        c.suite, c.name, c.phrasing, t.variant, t.repeat, t.outcome, t.action, t.cached, t.cost, t.tier,
        t.weight, t.golden, t.scores,
        a.hash, ",
    of_talk!("empty"),
    ", a.stop, ",
    of_talk!("input_tokens"),
    ", ",
    of_talk!("output_tokens"),
    ", ",
    of_talk!("cached_input_tokens"),
    ", ",
    of_talk!("reasoning_tokens"),
    ", ",
    of_talk!("latency_ms"),
    ", ",
    of_talk!("first_token_ms"),
    ", e.reported, t.facts, t.passages IS NOT NULL, t.id, t.follow_up
    FROM cases c
    CROSS JOIN trials t ON t.run = ?1 AND t.case_id = c.id
    LEFT JOIN answers a ON a.id = t.answer
    LEFT JOIN engines e ON e.id = a.engine
    LEFT JOIN dialogues d ON d.trial = t.id
    WHERE c.id = ?2 AND (t.follow_up IS NOT NULL) = ?3"
);

const FACTS: &str = "SELECT text FROM texts WHERE id = ?1";

/// Rows → digests, which share their names.
struct Reader {
    variants: HashMap<i64, VariantKey>,
    names: HashMap<Box<str>, Arc<str>>,
    /// The facts read last, which the trials of a case share, with their row.
    facts: Option<(i64, DigestFacts)>,
}

impl Reader {
    /// The digests of one case, in order.
    fn case(
        &mut self,
        db: &Connection,
        (of_case, facts): &mut (CachedStatement<'_>, CachedStatement<'_>),
        (run, follow_ups): (i64, bool),
        case: i64,
        into: &mut VecDeque<TrialDigest>,
    ) -> Result<(), Fault> {
        let first = into.len();
        let mut found = of_case.query((run, case, follow_ups))?;
        while let Some(row) = found.next()? {
            let facts = self.facts(row.get(31)?, facts)?;
            let sourced = facts.sources && row.get(32)?;
            let DigestFacts { expect, labels, .. } = facts;
            into.push_back(TrialDigest { expect, sourced, labels, ..self.digest(db, row)? });
        }
        if into.len() > first + 1 {
            into.make_contiguous()[first..].sort_by(|a, b| a.key.cmp(&b.key));
        }
        Ok(())
    }

    /// A row of facts.
    fn facts(&mut self, id: i64, text: &mut CachedStatement<'_>) -> Result<DigestFacts, Fault> {
        if let Some((known, facts)) = &self.facts
            && *known == id
        {
            return Ok(facts.clone());
        }
        let facts = text.query_row([id], |row| Ok(rows::text(row, 0).and_then(json::digested)))??;
        self.facts = Some((id, facts.clone()));
        Ok(facts)
    }

    fn digest(&mut self, db: &Connection, row: &Row<'_>) -> Result<TrialDigest, Fault> {
        let variant: i64 = row.get(11)?;
        let variant = self
            .variants
            .get(&variant)
            .ok_or_else(|| Fault::Damaged(format!("a trial without its variant {variant}")))?;
        let key = TrialKey {
            suite: row.get(8)?,
            case: row.get(9)?,
            phrasing: row.get(10)?,
            prompt: variant.prompt.clone(),
            model: variant.model.clone(),
            index: row.get(12)?,
        };
        let scores = self.scores(rows::text(row, 20)?)?;
        let judged = scores.iter().any(|score| score.judge.is_some());
        let hash: Option<[u8; 16]> = row.get(21)?;
        Ok(TrialDigest {
            key,
            follow_up: rows::text_or_null(row, 34)?.map(rows::follow_up).transpose()?,
            fingerprints: rows::fingerprints(row, 0)?,
            outcome: rows::outcome(rows::text(row, 13)?)?,
            action: rows::text_or_null(row, 14)?.map(rows::action).transpose()?,
            cached: row.get(15)?,
            cost: row.get(16)?,
            answer: hash.map(|hash| self.answer(row, Fingerprint::from_bytes(hash))).transpose()?,
            error: rows::error(row, 5)?,
            scores,
            judging: if judged { judgements::used(db, row.get(33)?)? } else { None },
            tier: rows::tier(rows::text(row, 17)?)?,
            weight: row.get(18)?,
            golden: row.get(19)?,
            expect: Arc::default(),
            sourced: false,
            labels: Arc::default(),
        })
    }

    fn answer(&mut self, row: &Row<'_>, text: Fingerprint) -> Result<AnswerDigest, Fault> {
        let tokens = |column: usize| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
        Ok(AnswerDigest {
            text,
            empty: row.get(22)?,
            stop: rows::stop(rows::text(row, 23)?)?,
            usage: Usage {
                input: tokens(24)?,
                output: tokens(25)?,
                cached_input: tokens(26)?,
                reasoning: tokens(27)?,
            },
            latency_ms: row.get(28)?,
            first_token_ms: row.get(29)?,
            reported_model: rows::text_or_null(row, 30)?.map(|name| self.name(name)),
        })
    }

    fn scores(&mut self, text: &str) -> Result<Vec<ScoreDigest>, Fault> {
        let scores: Vec<ScoreRow<'_>> = json::of_text("scores", text)?;
        let digest = |row: ScoreRow<'_>| {
            let judge = row.judge()?;
            let ScoreRow(name, kind, required, state, value, pass, label, ..) = row;
            Ok(ScoreDigest {
                name: self.name(&name),
                kind: self.name(&kind),
                required: required != 0,
                state: rows::state((&state, value, pass.map(|pass| pass != 0)))?,
                label: self.name(&label),
                judge,
            })
        };
        scores.into_iter().map(digest).collect()
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        let shared: Arc<str> = name.into();
        self.names.insert(name.into(), shared.clone());
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Run;
    use crate::store::samples::{any_run, fresh, header, trial};
    use proptest::prelude::*;

    fn digests(run: &dyn Recorded) -> Vec<TrialDigest> {
        run.digests().unwrap().map(Result::unwrap).collect()
    }

    fn sorted(mut tally: Vec<(VariantKey, Outcome, u64)>) -> Vec<(VariantKey, Outcome, u64)> {
        tally.sort();
        tally
    }

    /// A stored run says the same as the run in memory.
    fn agree(stored: &dyn Recorded, run: &Run) {
        assert_eq!(stored.info(), run.info());
        assert_eq!(sorted(stored.tally().unwrap()), sorted(run.tally().unwrap()));
        assert_eq!(digests(stored), digests(run));
        let follow_ups = |run: &dyn Recorded| -> Vec<TrialDigest> {
            run.follow_ups().unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(follow_ups(stored), follow_ups(run));
        for whole in run.all() {
            assert_eq!(stored.trial(&whole.key).unwrap(), *whole);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_stored_run_reads_like_the_run_itself(run in any_run()) {
            let (_folder, store) = fresh();
            store.begin(&run.header).unwrap();
            store.record(&run.header.id, &run.all().collect::<Vec<_>>()).unwrap();
            let id = &run.header.id;
            agree(&store.stored(id).unwrap(), &store.run(id).unwrap());
            let keys: Vec<TrialKey> = run.trials.iter().map(|t| t.key.clone()).collect();
            let done: Vec<bool> = run.trials.iter().map(|t| t.outcome != Outcome::Errored).collect();
            prop_assert_eq!(store.has_results(id, &keys).unwrap(), done);
        }
    }

    #[test]
    fn both_ways_to_order_cases_agree() {
        let (_folder, store) = fresh();
        for id in ["a", "b"] {
            store.begin(&header(id, 0)).unwrap();
        }
        let of = |n: i64| {
            let mut trial = trial(&format!("{}", n * 7919 % 24_001), Outcome::Passed);
            trial.key.suite = format!("suite-{}", n % 3);
            trial
        };
        let many: Vec<TrialResult> = (0..SORTED + 10).map(of).collect();
        store.record("a", &many.iter().collect::<Vec<_>>()).unwrap();
        store.record("b", &many.iter().take(700).collect::<Vec<_>>()).unwrap();
        for (id, trials) in [("a", many.len()), ("b", 700)] {
            let run = store.stored(id).unwrap();
            let keys: Vec<TrialKey> = digests(&run).into_iter().map(|d| d.key).collect();
            assert_eq!(keys.len(), trials);
            assert!(keys.is_sorted(), "{id}");
        }
    }

    #[test]
    fn a_trial_that_is_not_there_and_a_run_that_is_not_there() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        let key = trial("c", Outcome::Passed).key;
        assert_eq!(store.has_results("a", std::slice::from_ref(&key)).unwrap(), [false]);
        let error = store.stored("a").unwrap().trial(&key).unwrap_err().to_string();
        assert!(error.contains("is not in run a"), "{error}");
        assert!(store.stored("b").is_err() && store.has_results("b", &[key]).is_err());
    }
}
