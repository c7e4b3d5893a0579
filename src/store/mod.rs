//! The store: runs, trials, attempts, completions and scores in one SQLite file.
//!
//! Every total is derived from rows. A trial outlives the process when [`Store::record`] returns, and the loss of
//! power a moment later. The format
//! version says who can read whom (`schema.rs`): a newer file is refused with a clear message. The
//! tables are in `migrations/`, their twins in `rows.rs` and `json.rs`; there is no SQL outside this folder.
//!
//! One connection writes, another one reads, so that whoever looks for an answer does not wait for a batch that
//! is being made durable.

mod answers;
mod cache;
mod claim;
mod dialogues;
mod error;
mod intern;
mod json;
mod judgements;
mod known;
mod layers;
mod list;
mod names;
mod open;
mod read;
mod record;
mod recorder;
mod remove;
mod rows;
#[cfg(test)]
pub(crate) mod samples;
mod schema;
mod since;
mod stored;
mod trials;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::fingerprint::Fingerprint;
use crate::outcome::{LimitChange, Run, RunHeader, RunInfo, RunStatus, TrialKey, TrialResult};
use crate::provider::{AnswerSource, RecordedAnswer};
use crate::selection::Selection;

use error::Fault;
use known::Known;

pub use cache::{CacheRule, CacheStats, ModelAnswers, Pruned};
pub use claim::Claim;
pub use error::StoreError;
pub use layers::Layer;
pub use list::{Retention, RunRow};
pub use names::why_no_tag;
pub use schema::FORMAT;
pub use since::Since;
pub use stored::StoredRun;

/// An open store; several threads and processes may use the same file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    wait: Duration,
    writer: Mutex<Writer>,
    reader: Mutex<Connection>,
}

/// The connection that writes, and the rows that it remembers.
#[derive(Debug)]
struct Writer {
    connection: Connection,
    known: Known,
    /// When a transaction was last made to survive the loss of power.
    synced: Option<Instant>,
    /// Whether the next transaction will be.
    syncing: bool,
}

/// Results that come faster than this share one flush of the disk. Every transaction survives the end of this
/// process, however it ends; only the loss of power may take the last ones of this time.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

impl Store {
    /// Opens the store in `folder`, creating both when absent (and a `.gitignore` of `*` in the folder).
    ///
    /// # Errors
    /// Not writable, corrupt, locked for too long, or written by a newer version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_waiting(folder, open::WAIT)
    }

    /// Opens the store only when there is one.
    ///
    /// # Errors
    /// See [`Store::open`].
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, StoreError> {
        let there = folder.join(open::FILE).exists();
        there.then(|| Self::open_at(folder, open::WAIT)).transpose()
    }

    /// Opens the store, waiting no longer than this for other writers, then and later.
    fn open_waiting(folder: &Path, wait: Duration) -> Result<Self, StoreError> {
        open::create_folder(folder)?;
        Self::open_at(folder, wait)
    }

    fn open_at(folder: &Path, wait: Duration) -> Result<Self, StoreError> {
        let path = folder.join(open::FILE);
        let writer = Writer {
            connection: open::open_file(&path, wait)?,
            known: Known::default(),
            synced: None,
            syncing: true,
        };
        let reader = open::open_reader(&path, wait)?;
        Ok(Self { path, wait, writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// The right to work on a run, for this process alone; `None` when another one has it.
    ///
    /// # Errors
    /// The lock file cannot be made.
    pub fn claim(&self, run: &str) -> Result<Option<Claim>, StoreError> {
        claim::claim(&self.path, run)
    }

    /// Where the answers of a run are that are not recorded yet: what their files begin with.
    pub fn afloat(&self, run: &str) -> PathBuf {
        claim::running(&self.path).join(format!("{run}.afloat"))
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records a run's header, status running. A run of the same header that is there already goes on:
    /// it is running again and keeps its trials.
    ///
    /// # Errors
    /// A different run has the id; see [`StoreError`].
    pub fn begin(&self, header: &RunHeader) -> Result<(), StoreError> {
        self.write(|tx, _| record::begin(tx, header))
    }

    /// Records finished trials in one transaction; they outlive this process when this returns, and the
    /// loss of power a moment later. A trial that is there already is replaced.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn record(&self, run: &str, trials: &[&TrialResult]) -> Result<(), StoreError> {
        self.write_soon(|tx, known| write::record(tx, known, run, trials))
    }

    /// Records steps in the history of a run's limits.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn limits(&self, run: &str, changes: &[LimitChange]) -> Result<(), StoreError> {
        self.write(|tx, _| record::limits(tx, run, changes))
    }

    /// Records how a run ended.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn end(
        &self,
        run: &str,
        status: RunStatus,
        reason: Option<&str>,
        ended: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|tx, _| record::end(tx, run, status, reason, ended))?;
        if status == RunStatus::Finished {
            claim::forget(&self.path, run);
        }
        Ok(())
    }

    /// The id behind a run id, a unique prefix of one (at least 4 characters), a tag (newest run with
    /// it), `latest`, or `latest~N`. A tag goes before a prefix; a side of a what-if is never the latest.
    ///
    /// # Errors
    /// Unknown (with near tags) or ambiguous (with the candidates).
    pub fn resolve(&self, name: &str) -> Result<String, StoreError> {
        self.read(|tx| names::resolve(tx, &self.path, name))
    }

    /// A run with all its trials in key order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn run(&self, id: &str) -> Result<Run, StoreError> {
        self.read(|tx| read::run(tx, id))
    }

    /// A run that is read piece by piece.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn stored(&self, id: &str) -> Result<StoredRun<'_>, StoreError> {
        StoredRun::open(self, id)
    }

    /// For each key, whether the run has a result there that is not an error.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn has_results(&self, run: &str, keys: &[TrialKey]) -> Result<Vec<bool>, StoreError> {
        self.read(|tx| trials::have_results(tx, read::number(tx, run)?, keys))
    }

    /// The newest run of exactly this selection, whatever became of it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn newest_of(&self, selection: &Selection) -> Result<Option<RunInfo>, StoreError> {
        self.read(|tx| read::newest_of(tx, selection))
    }

    /// The newest run of exactly this selection, when it is not finished: stopped, killed, or still running.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn newest_unfinished(&self, selection: &Selection) -> Result<Option<RunInfo>, StoreError> {
        Ok(self.newest_of(selection)?.filter(|run| run.status != RunStatus::Finished))
    }

    /// The history of a run's limits, in order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn limit_history(&self, run: &str) -> Result<Vec<LimitChange>, StoreError> {
        self.read(|tx| read::limits(tx, run))
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn list(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(|tx| list::list(tx))
    }

    /// All runs but the sides of what-ifs and the rungs of ladders, newest first: the history of the project.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn history_of_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        Ok(self.list()?.into_iter().filter(RunRow::is_ordinary).collect())
    }

    /// The newest run before `id` that shares a suite with it and has at least one trial.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn previous(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.read(|tx| list::previous(tx, id))
    }

    /// Every recorded trial of one case (newest run first, at most `limit` trials), with the id of its run.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn history(
        &self,
        suite: &str,
        case: &str,
        limit: u32,
    ) -> Result<Vec<(String, TrialResult)>, StoreError> {
        self.read(|tx| trials::history(tx, suite, case, limit))
    }

    /// Adds or removes a tag; doing it twice is doing it once.
    ///
    /// # Errors
    /// A text that cannot be a tag; see [`StoreError`].
    pub fn tag(&self, run: &str, tag: &str, present: bool) -> Result<(), StoreError> {
        self.write(|tx, _| names::tag(tx, run, tag, present))
    }

    /// Deletes runs, their lock files, and what only they used. Their answers stay, to be found by their requests. An
    /// unknown id deletes nothing. Whoever deletes a run has claimed it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn delete(&self, runs: &[String]) -> Result<(), StoreError> {
        self.write(|tx, known| {
            known.forget();
            remove::delete(tx, runs)
        })?;
        for run in runs {
            claim::forget(&self.path, run);
        }
        self.shrink();
        Ok(())
    }

    /// The runs a retention rule would delete, oldest first: none that a process works on, and none by a rule that
    /// says nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn prunable(&self, rule: Retention, now: Timestamp) -> Result<Vec<RunRow>, StoreError> {
        let mut runs = self.read(|tx| list::prunable(tx, rule, now))?;
        runs.retain(|run| !claim::is_claimed(&self.path, &run.id));
        Ok(runs)
    }

    /// Hands on the answers of a run by request, refusals included, so that a replay of them is the same run.
    ///
    /// # Errors
    /// What `each` could not take; see [`StoreError`].
    pub fn answers(
        &self,
        run: &str,
        each: &mut dyn FnMut(RecordedAnswer) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        self.read(|tx| answers::of_run(tx, run, &mut |answer| each(answer).map_err(Fault::handing)))
    }

    /// Hands on all usable answers by request, the newest one to each.
    ///
    /// # Errors
    /// What `each` could not take; see [`StoreError`].
    pub fn export_answers(
        &self,
        each: &mut dyn FnMut(RecordedAnswer) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        self.read(|tx| cache::export(tx, &mut |answer| each(answer).map_err(Fault::handing)))
    }

    /// Keeps usable answers to requests that have none yet, in one transaction, and says how many that were; they
    /// outlive this process when this returns, and the loss of power a moment later.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn import_answers(&self, imported: &[RecordedAnswer], at: Timestamp) -> Result<u64, StoreError> {
        self.write_soon(|tx, known| cache::import(tx, known, imported, at))
    }

    /// Keeps what retrievers answered in a run, so that it is found again and goes with the run's answers.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn looked_up(&self, run: &str, found: &[RecordedAnswer], at: Timestamp) -> Result<(), StoreError> {
        self.write(|tx, known| cache::looked_up(tx, known, run, found, at))
    }

    /// What the store holds of answers.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn cache_stats(&self) -> Result<CacheStats, StoreError> {
        self.read(|tx| cache::stats(tx))
    }

    /// Lets answers go, or only says which would; a rule that says nothing lets none go.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn prune_answers(&self, rule: CacheRule, only_say: bool) -> Result<Pruned, StoreError> {
        if only_say {
            return self.read(|tx| cache::prune(tx, rule, true));
        }
        let pruned = self.write(|tx, _| cache::prune(tx, rule, false))?;
        self.shrink();
        Ok(pruned)
    }

    /// Reads from one snapshot of the file, whatever others write meanwhile.
    fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.with_reader(|connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        })
    }

    fn with_reader<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        // A thread that panicked has rolled its transaction back, so the connection is sound.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut reader).map_err(|fault| fault.at(&self.path, self.wait.as_secs()))
    }

    /// Writes all or nothing; takes the write lock first, so that it waits instead of failing halfway.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &mut Known) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.write_within(Duration::ZERO, work)
    }

    /// Writes all or nothing, and flushes the disk when that was not done for a while.
    fn write_soon<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &mut Known) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.write_within(FLUSH_EVERY, work)
    }

    fn write_within<T>(
        &self,
        age: Duration,
        work: impl FnOnce(&Transaction<'_>, &mut Known) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Writer { connection, known, synced, syncing } = &mut *writer;
        let result = (|| {
            let flush = synced.is_none_or(|at| at.elapsed() >= age);
            if flush != *syncing {
                connection.pragma_update(None, "synchronous", if flush { "FULL" } else { "NORMAL" })?;
                *syncing = flush;
            }
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Also after a panic: rows that were remembered on the way never became durable.
            known.check(&tx)?;
            let mut remembered = std::mem::take(known);
            let value = work(&tx, &mut remembered)?;
            tx.commit()?;
            *known = remembered;
            if flush {
                *synced = Some(Instant::now());
            }
            Ok(value)
        })();
        result.map_err(|fault: Fault| fault.at(&self.path, self.wait.as_secs()))
    }

    /// Gives free space back; where others are in the way, the next run uses it.
    fn shrink(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = remove::shrink(&writer.connection);
    }

    /// Works on the writing connection.
    #[cfg(test)]
    pub(crate) fn raw<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(&self.writer.lock().unwrap().connection)
    }
}

impl AnswerSource for Store {
    fn answer(&self, key: Fingerprint) -> Result<Option<RecordedAnswer>, String> {
        // One statement is a snapshot of its own.
        self.with_reader(|connection| answers::answer(connection, key)).map_err(|error| error.to_string())
    }

    fn identity(&self, provider: &str, model: &str) -> Option<serde_json::Value> {
        self.read(|tx| answers::identity(tx, provider, model)).ok().flatten()
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use samples::{fresh, header, trial};

    #[test]
    fn a_store_is_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Store>();
    }

    #[test]
    fn two_programs_on_one_store_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for (n, run) in (0..).zip(["one", "two"]) {
                let folder = folder.path();
                scope.spawn(move || {
                    let store = Store::open(folder).unwrap();
                    store.begin(&header(run, n)).unwrap();
                    for case in 0..40 {
                        store.record(run, &[&trial(&format!("{case:02}"), Outcome::Passed)]).unwrap();
                        assert_eq!(store.run(run).unwrap().trials.len(), case + 1);
                        store.list().unwrap();
                    }
                });
            }
        });
        let store = Store::open(folder.path()).unwrap();
        for run in ["one", "two"] {
            let trials = store.run(run).unwrap().trials;
            assert_eq!(trials.len(), 40);
            assert_eq!(trials[7], trial("07", Outcome::Passed));
        }
    }

    #[test]
    fn two_programs_may_record_the_same_run() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [Store::open(folder.path()).unwrap(), Store::open(folder.path()).unwrap()];
        stores[0].begin(&header("a", 0)).unwrap();
        std::thread::scope(|scope| {
            for (n, store) in stores.iter().enumerate() {
                scope.spawn(move || {
                    for case in 0..20 {
                        let own = trial(&format!("{n}-{case}"), Outcome::Passed);
                        store.record("a", &[&own, &trial("shared", Outcome::Passed)]).unwrap();
                    }
                });
            }
        });
        assert_eq!(stores[0].run("a").unwrap().trials.len(), 41);
    }

    #[test]
    fn what_was_recorded_survives_a_kill() {
        let (folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        store.record("a", &[&trial("c", Outcome::Passed)]).unwrap();
        // The files as they lie there while the store is still open: what a killed process leaves.
        let left = tempfile::tempdir().unwrap();
        for file in ["regauge.db", "regauge.db-wal"] {
            std::fs::copy(folder.path().join(file), left.path().join(file)).unwrap();
        }
        let run = Store::open(left.path()).unwrap().run("a").unwrap();
        assert_eq!(run, store.run("a").unwrap());
        assert_eq!((run.status, run.trials.len()), (RunStatus::Running, 1));
    }

    #[test]
    fn a_store_that_may_not_be_written_says_so() {
        let (_folder, store) = fresh();
        store.raw(|db| db.pragma_update(None, "query_only", true).unwrap());
        let error = store.begin(&header("a", 0)).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
        assert_eq!(store.list().unwrap(), []);
    }

    #[test]
    fn a_full_disk_is_named_and_what_was_recorded_before_is_kept() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        store.record("a", &[&trial("c", Outcome::Passed)]).unwrap();
        let limit = |pages: i64| store.raw(|db| db.pragma_update(None, "max_page_count", pages).unwrap());
        limit(store.raw(|db| db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap()));
        let mut large = trial("d", Outcome::Passed);
        large.messages[0].content = "x".repeat(100_000);
        let batch = [&trial("e", Outcome::Passed), &large];
        let error = store.record("a", &batch).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
        assert_eq!(store.run("a").unwrap().trials.len(), 1);
        limit(1_000_000);
        // Nothing is remembered of rows that were taken back.
        store.record("a", &batch).unwrap();
        assert_eq!(store.run("a").unwrap().trials.len(), 3);
    }

    #[test]
    fn a_writer_that_holds_the_lock_for_too_long_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_waiting(folder.path(), Duration::from_millis(50)).unwrap();
        store.begin(&header("a", 0)).unwrap();
        let other = Connection::open(store.path()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let passed = trial("c", Outcome::Passed);
        let error = store.record("a", &[&passed]).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
        assert_eq!(store.run("a").unwrap().trials, [], "reading does not wait");
        other.execute_batch("ROLLBACK").unwrap();
        store.record("a", &[&passed]).unwrap();
    }

    #[test]
    fn rows_that_another_program_deleted_are_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [Store::open(folder.path()).unwrap(), Store::open(folder.path()).unwrap()];
        let passed = trial("c", Outcome::Passed);
        for id in ["a", "b"] {
            stores[0].begin(&header(id, 0)).unwrap();
        }
        stores[0].record("a", &[&passed]).unwrap();
        stores[1].delete(&["a".into()]).unwrap();
        // Another case takes the rows that became free.
        stores[1].record("b", &[&trial("other", Outcome::Passed)]).unwrap();
        stores[0].record("b", &[&passed]).unwrap();
        assert_eq!(stores[0].run("b").unwrap().trials, [passed, trial("other", Outcome::Passed)]);
    }

    #[test]
    fn a_thread_that_panicked_does_not_take_the_store_along() {
        let (_folder, store) = fresh();
        let died = std::thread::scope(|scope| {
            scope.spawn(|| store.write(|_, _| -> Result<(), Fault> { panic!("on purpose") })).join()
        });
        assert!(died.is_err());
        store.begin(&header("a", 0)).unwrap();
        assert_eq!(store.list().unwrap().len(), 1);
    }
}
