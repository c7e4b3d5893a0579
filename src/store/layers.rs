//! Layers: a run that was scored again keeps its earlier scores.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Serialize;

use crate::outcome::{Run, TrialResult};

use super::error::{Fault, StoreError};
use super::schema::PROGRAM;
use super::{Store, read, rows, trials, write};

/// A layer after the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// Its number; the first scores of a run are layer 1.
    pub layer: u32,
    /// When it was scored.
    pub scored: Timestamp,
    /// Version of the program that scored it.
    pub program: String,
    /// Trials that have other scores than in the layer before.
    pub trials: u64,
}

impl Store {
    /// Puts a new layer of scores on a run: each of these trials takes the place of the one with its key, which stays
    /// in the layer before. Returns the number of the new layer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn add_layer(&self, run: &str, trials: &[&TrialResult], at: Timestamp) -> Result<u32, StoreError> {
        self.write(|tx, known| {
            let number = read::number(tx, run)?;
            let last = newest(tx, number)?;
            archive(tx, number, last, trials)?;
            write::record(tx, known, run, trials)?;
            tx.execute(
                "INSERT INTO layers (run, layer, scored, program, trials) VALUES (?1, ?2, ?3, ?4, ?5)",
                (number, last + 1, rows::nanos(at)?, PROGRAM, (trials.len() as u64).cast_signed()),
            )?;
            Ok(last + 1)
        })
    }

    /// The layers of a run after the first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn layers(&self, run: &str) -> Result<Vec<Layer>, StoreError> {
        self.read(|tx| {
            let number = read::number(tx, run)?;
            let mut statement = tx.prepare_cached(
                "SELECT layer, scored, program, trials FROM layers WHERE run = ?1 ORDER BY layer",
            )?;
            let mut found = statement.query([number])?;
            let mut layers = Vec::new();
            while let Some(row) = found.next()? {
                layers.push(Layer {
                    layer: row.get(0)?,
                    scored: rows::time_of(row.get(1)?)?,
                    program: row.get(2)?,
                    trials: row.get::<_, i64>(3)?.cast_unsigned(),
                });
            }
            Ok(layers)
        })
    }

    /// A run with the scores of one of its layers; `None` when it has no such layer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn run_at(&self, run: &str, layer: u32) -> Result<Option<Run>, StoreError> {
        self.read(|tx| {
            let number = read::number(tx, run)?;
            if layer == 0 || layer > newest(tx, number)? {
                return Ok(None);
            }
            Ok(Some(Run::new(read::info(tx, run)?, trials::of_layer(tx, number, layer)?)))
        })
    }
}

/// The number of the newest layer of a run.
fn newest(db: &Connection, run: i64) -> Result<u32, Fault> {
    let sql = "SELECT coalesce(max(layer), 1) FROM layers WHERE run = ?1";
    Ok(db.prepare_cached(sql)?.query_row([run], |row| row.get(0))?)
}

/// Copies rows of `trials` before others take their places, under ids of their own below 0: an id of `trials` is given
/// again. What hangs on a row (turns, judgements, attempts) goes with the copy.
fn archive(tx: &Transaction<'_>, run: i64, until: u32, trials: &[&TrialResult]) -> Result<(), Fault> {
    let mut find = tx.prepare_cached(
        "SELECT t.id FROM trials t JOIN cases c ON c.id = t.case_id JOIN variants v ON v.id = t.variant
         WHERE t.run = ?1 AND c.suite = ?2 AND c.name = ?3 AND c.phrasing = ?4 AND v.prompt = ?5 AND v.model = ?6
           AND t.repeat = ?7",
    )?;
    let mut copy =
        tx.prepare_cached("INSERT INTO layer_trials SELECT ?1, t.* FROM trials t WHERE t.id = ?2")?;
    let mut rename =
        tx.prepare_cached("UPDATE layer_trials SET id = ?1 WHERE rowid = last_insert_rowid()")?;
    let mut own: i64 =
        tx.query_row("SELECT min(0, coalesce(min(id), 0)) FROM layer_trials", [], |row| row.get(0))?;
    for trial in trials {
        let key = &trial.key;
        let place = (run, &key.suite, &key.case, &key.phrasing, &key.prompt, &key.model, key.index);
        let Some(id) = find.query_row(place, |row| row.get::<_, i64>(0)).optional()? else { continue };
        own -= 1;
        copy.execute((until, id))?;
        rename.execute([own])?;
        for table in ["dialogues", "rounds", "judgements", "attempts"] {
            tx.prepare_cached(&format!("UPDATE {table} SET trial = ?1 WHERE trial = ?2"))?
                .execute((own, id))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::outcome::Outcome;
    use crate::score::ScoreState;
    use crate::store::samples::{count, day, fresh, header, trial};

    #[test]
    fn every_layer_is_read_back() {
        let (_folder, store) = fresh();
        store.begin(&header("r", 0)).unwrap();
        let (a, b) = (trial("a", Outcome::Passed), trial("b", Outcome::Passed));
        store.record("r", &[&a, &b]).unwrap();
        assert_eq!(store.layers("r").unwrap(), []);
        let scored = |pass: bool, value: f64| {
            let mut trial = a.clone();
            trial.scores[0].state = ScoreState::Scored { value, pass };
            trial.outcome = if pass { Outcome::Passed } else { Outcome::Failed };
            trial
        };
        let (second, third) = (scored(false, 0.25), scored(true, 0.75));
        assert_eq!(store.add_layer("r", &[&second], day(1)).unwrap(), 2);
        let mut other = b.clone();
        other.outcome = Outcome::Skipped;
        assert_eq!(store.add_layer("r", &[&third, &other], day(2)).unwrap(), 3);
        assert_eq!(store.run_at("r", 1).unwrap().unwrap().trials, [a.clone(), b.clone()]);
        assert_eq!(store.run_at("r", 2).unwrap().unwrap().trials, [second, b.clone()]);
        assert_eq!(store.run_at("r", 3).unwrap().unwrap().trials, [third.clone(), other.clone()]);
        assert_eq!(store.run("r").unwrap().trials, [third, other]);
        assert_eq!((store.run_at("r", 0).unwrap(), store.run_at("r", 4).unwrap()), (None, None));
        let layers: Vec<_> =
            store.layers("r").unwrap().into_iter().map(|l| (l.layer, l.scored, l.trials)).collect();
        assert_eq!(layers, [(2, day(1), 1), (3, day(2), 2)]);
        // The answers are the same ones, and all goes with the run.
        assert_eq!(count(&store, "answers"), 2);
        store.delete(&["r".into()]).unwrap();
        assert_eq!(
            (count(&store, "layers"), count(&store, "layer_trials"), count(&store, "texts")),
            (0, 0, 0)
        );
    }

    #[test]
    fn the_texts_of_an_earlier_layer_stay() {
        let (_folder, store) = fresh();
        for id in ["r", "other"] {
            store.begin(&header(id, 0)).unwrap();
        }
        let first = trial("a", Outcome::Passed);
        store.record("r", &[&first]).unwrap();
        let mut second = first.clone();
        second.case.goldens = vec!["Another one.".into()];
        store.add_layer("r", &[&second], day(1)).unwrap();
        store.delete(&["other".into()]).unwrap();
        assert_eq!(store.run_at("r", 1).unwrap().unwrap().trials, [first]);
    }
}
