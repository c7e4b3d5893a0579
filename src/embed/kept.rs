//! Vectors that outlive the process: computed once on a machine for the same text by the same model.
//!
//! One file per model holds a record per text: the text's hash, its numbers, and a check of both. Records are only
//! ever added, each of them whole, so that a process that is killed or two that write at once lose at most what can be
//! computed again.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::embed::{EmbedError, Embedder, Embedding};
use crate::fingerprint::Fingerprint;

/// Texts that are embedded before their vectors are written, and before it is told how many are done.
const BATCH: usize = 64;

/// Bytes of a hash and of a record's check.
const HASH: usize = 32;
const CHECK: usize = 8;

/// The vectors of some texts in their order; those of earlier times are read from a file in `folder`, new ones added to
/// it. A folder that cannot be written only makes it slower. `tell` hears how many of those to be computed are done, and
/// nothing where all are there.
///
/// # Errors
/// The embedder failed.
pub fn embed_kept(
    embedder: &dyn Embedder,
    folder: Option<&Path>,
    texts: &[String],
    tell: &dyn Fn(usize, usize),
) -> Result<Vec<Embedding>, EmbedError> {
    embedder.ready()?;
    let file = folder.map(|folder| path(embedder, folder));
    let hashes: Vec<[u8; HASH]> =
        texts.iter().map(|text| *blake3::hash(text.as_bytes()).as_bytes()).collect();
    let dimension = embedder.dimension();
    let mut known = file.as_deref().map(|file| read(file, dimension)).unwrap_or_default();
    let missing: Vec<usize> = (0..texts.len()).filter(|at| !known.contains_key(&hashes[*at])).collect();
    for (number, batch) in missing.chunks(BATCH).enumerate() {
        tell(number * BATCH, missing.len());
        let asked: Vec<&str> = batch.iter().map(|at| texts[*at].as_str()).collect();
        let vectors = embedder.embed(&asked)?;
        let mut records = Vec::new();
        for (at, vector) in batch.iter().zip(vectors) {
            record(&hashes[*at], vector.values(), &mut records);
            known.insert(hashes[*at], vector);
        }
        if let Some(file) = &file {
            // Computed again next time where it cannot be kept.
            let _ = append(file, &records, dimension);
        }
    }
    if !missing.is_empty() {
        tell(missing.len(), missing.len());
    }
    let lost = || EmbedError::Unavailable("the embedding model gave too few vectors".to_owned());
    hashes.iter().map(|hash| known.get(hash).cloned().ok_or_else(lost)).collect()
}

/// The file of a model.
fn path(embedder: &dyn Embedder, folder: &Path) -> PathBuf {
    let of = Fingerprint::of(&(embedder.identity(), embedder.dimension()));
    folder.join(format!("{}.vectors", of.hex(16)))
}

const fn length(dimension: usize) -> usize {
    HASH + dimension * 4 + CHECK
}

fn record(hash: &[u8; HASH], values: &[f32], into: &mut Vec<u8>) {
    let start = into.len();
    into.extend_from_slice(hash);
    into.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let check = blake3::hash(&into[start..]);
    into.extend_from_slice(&check.as_bytes()[..CHECK]);
}

/// The whole records of a file; a torn or foreign one is left out.
fn read(file: &Path, dimension: usize) -> HashMap<[u8; HASH], Embedding> {
    let bytes = fs::read(file).unwrap_or_default();
    let whole = bytes.chunks_exact(length(dimension)).filter_map(|record| {
        let (said, check) = record.split_at(record.len() - CHECK);
        let (hash, values) = said.split_at(HASH);
        if &blake3::hash(said).as_bytes()[..CHECK] != check {
            return None;
        }
        let number = |four: &[u8]| four.try_into().map(f32::from_le_bytes).unwrap_or_default();
        Some((hash.try_into().ok()?, Embedding::of_unit(values.chunks_exact(4).map(number).collect())))
    });
    whole.collect()
}

fn append(file: &Path, records: &[u8], dimension: usize) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut open = OpenOptions::new().create(true).append(true).open(file)?;
    // Behind a torn record nothing would be found again.
    let torn = open.metadata()?.len() % length(dimension) as u64;
    if torn > 0 {
        open.set_len(open.metadata()?.len() - torn)?;
    }
    open.write_all(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::samples::Counting;

    #[test]
    fn what_is_computed_is_told_and_what_is_there_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let texts: Vec<String> = (0..BATCH + 2).map(|n| n.to_string()).collect();
        let told = || {
            let told = std::sync::Mutex::new(Vec::new());
            let tell = |done, of| told.lock().unwrap().push((done, of));
            embed_kept(&Counting::default(), Some(dir.path()), &texts, &tell).unwrap();
            told.into_inner().unwrap()
        };
        assert_eq!(told(), [(0, BATCH + 2), (BATCH, BATCH + 2), (BATCH + 2, BATCH + 2)]);
        assert_eq!(told(), []);
    }

    #[test]
    fn a_text_is_computed_once_and_damage_is_computed_again() {
        let dir = tempfile::tempdir().unwrap();
        let embedder = Counting::default();
        let texts: Vec<String> = ["a", "bb", "ccc"].map(str::to_owned).to_vec();
        let kept = |count: usize| {
            let vectors = embed_kept(&embedder, Some(dir.path()), &texts, &|_, _| ()).unwrap();
            assert_eq!(embedder.asked(), count);
            vectors
        };
        let first = kept(3);
        assert_eq!(kept(3), first);
        let file = path(&embedder, dir.path());
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 5]).unwrap();
        assert_eq!(kept(4), first, "the torn one");
        assert_eq!(fs::read(&file).unwrap(), whole);
        let mut wrong = whole.clone();
        wrong[HASH + 1] ^= 1;
        fs::write(&file, wrong).unwrap();
        assert_eq!(kept(5), first, "the one with another number");
        assert_eq!(embed_kept(&embedder, None, &texts, &|_, _| ()).unwrap(), first);
    }
}
