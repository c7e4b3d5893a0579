//! Answers that were received and are not kept yet: a log beside the store, so that a process that is killed
//! while it scores and records loses none of them.
//!
//! An answer is appended the moment it is there (one write, which outlives the process) and let go when its trial
//! is in the store. The log is cut into segments; one whose answers are all kept is deleted. What a power cut
//! takes from the log is asked again.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::outcome::{Attempt, TrialKey};
use crate::provider::Completion;

/// Bytes after which a segment is followed by another.
const SEGMENT: usize = 4 * 1024 * 1024;

/// Hex digits of the checksum in front of a line.
const SUM: usize = 16;

/// One line, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    key: &'a TrialKey,
    request: Fingerprint,
    attempts: &'a [Attempt],
    completion: &'a Completion,
}

/// One line, as it is read.
#[derive(Deserialize)]
struct Read {
    key: TrialKey,
    request: Fingerprint,
    attempts: Vec<Attempt>,
    completion: Completion,
}

/// The log of one run.
#[derive(Debug)]
pub struct Afloat {
    base: PathBuf,
    log: Mutex<Log>,
    found: HashMap<TrialKey, Found>,
    earlier: Vec<PathBuf>,
}

#[derive(Debug)]
struct Found {
    request: Fingerprint,
    attempts: Vec<Attempt>,
    completion: Completion,
}

#[derive(Debug)]
struct Log {
    next: u32,
    current: Option<Arc<Segment>>,
    bytes: usize,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    file: File,
    /// Answers in it that are not kept yet.
    open: AtomicUsize,
    /// Whether nothing more is appended.
    sealed: AtomicBool,
}

impl Segment {
    /// Deletes it once it is neither written nor needed.
    fn drop_if_done(&self) {
        if self.sealed.load(Ordering::SeqCst) && self.open.load(Ordering::SeqCst) == 0 {
            // A file that stays is read once more and found to be recorded.
            _ = std::fs::remove_file(&self.path);
        }
    }
}

/// An answer in the log. Dropped without [`Held::kept`] it stays there for the next process.
#[derive(Debug)]
pub(super) struct Held(Arc<Segment>);

impl Held {
    /// The trial is in the store.
    pub(super) fn kept(self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        self.0.drop_if_done();
    }
}

impl Afloat {
    /// The log of a run whose files begin with `base`, with what an earlier process left there.
    pub fn open(base: PathBuf) -> Self {
        let earlier = segments(&base);
        let next = earlier.last().map_or(0, |(number, _)| number + 1);
        let earlier: Vec<PathBuf> = earlier.into_iter().map(|(_, path)| path).collect();
        let found = earlier.iter().flat_map(|path| read(path)).collect();
        Self { base, log: Mutex::new(Log { next, current: None, bytes: 0 }), found, earlier }
    }

    /// What an earlier process was answered to this request of this trial.
    pub(super) fn find(&self, key: &TrialKey, request: Fingerprint) -> Option<(Vec<Attempt>, Completion)> {
        let found = self.found.get(key).filter(|found| found.request == request)?;
        Some((found.attempts.clone(), found.completion.clone()))
    }

    /// Appends an answer. `None` when the log cannot be written: the answer is then as safe as its process.
    pub(super) fn put(
        &self,
        key: &TrialKey,
        request: Fingerprint,
        attempts: &[Attempt],
        completion: &Completion,
    ) -> Option<Held> {
        let json = serde_json::to_string(&Written { key, request, attempts, completion }).ok()?;
        let line = format!("{} {json}\n", sum(&json));
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let segment = log.segment(&self.base, line.len())?;
        if (&segment.file).write_all(line.as_bytes()).is_err() {
            // Part of the line may be there: whatever is appended would be one line with it, and lost.
            log.seal();
            return None;
        }
        segment.open.fetch_add(1, Ordering::SeqCst);
        Some(Held(segment))
    }

    /// Ends the log of a run. What is not kept stays for the process that takes the run up again; a finished
    /// run needs nothing of it.
    pub(super) fn end(&self, finished: bool) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.seal();
        if finished {
            for path in &self.earlier {
                _ = std::fs::remove_file(path);
            }
        }
    }
}

impl Log {
    /// Appends nothing more to the segment that is written.
    fn seal(&mut self) {
        if let Some(segment) = self.current.take() {
            segment.sealed.store(true, Ordering::SeqCst);
            segment.drop_if_done();
        }
    }

    /// The segment that takes so many more bytes.
    fn segment(&mut self, base: &Path, bytes: usize) -> Option<Arc<Segment>> {
        if self.bytes >= SEGMENT {
            self.seal();
        }
        if self.current.is_none() {
            let path = PathBuf::from(format!("{}.{:06}", base.display(), self.next));
            let file = File::options().create_new(true).append(true).open(&path).ok()?;
            let (open, sealed) = (AtomicUsize::new(0), AtomicBool::new(false));
            self.current = Some(Arc::new(Segment { path, file, open, sealed }));
            self.next += 1;
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.current.clone()
    }
}

/// Deletes the log of a run that is deleted.
pub fn delete(base: &Path) {
    for (_, path) in segments(base) {
        _ = std::fs::remove_file(path);
    }
}

/// The segments of a log in the order in which they were written.
fn segments(base: &Path) -> Vec<(u32, PathBuf)> {
    let (Some(folder), Some(name)) = (base.parent(), base.file_name().and_then(|n| n.to_str())) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort();
    found
}

/// The whole lines of a segment; one that was cut off, or that another hand changed, is left out.
fn read(path: &Path) -> Vec<(TrialKey, Found)> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    let whole = |line: String| {
        let (written, json) = line.split_once(' ')?;
        let read: Read = (written == sum(json)).then(|| serde_json::from_str(json).ok())??;
        let Read { key, request, attempts, completion } = read;
        Some((key, Found { request, attempts, completion }))
    };
    lines.filter_map(whole).collect()
}

fn sum(json: &str) -> String {
    Fingerprint::of_bytes(json.as_bytes()).hex(SUM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(case: &str) -> TrialKey {
        TrialKey {
            suite: "s".into(),
            case: case.into(),
            phrasing: String::new(),
            prompt: "p".into(),
            model: "m".into(),
            index: 1,
        }
    }

    fn answer(text: &str) -> Completion {
        Completion { latency_ms: 1.5, ..Completion::of_text(text) }
    }

    fn request(text: &str) -> Fingerprint {
        Fingerprint::of_bytes(text.as_bytes())
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_was_not_kept_is_found_by_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("r.afloat");
        let first = Afloat::open(base.clone());
        let kept = first.put(&key("a"), request("a"), &[], &answer("one\nline")).unwrap();
        kept.kept();
        drop(first.put(&key("b"), request("b"), &[], &answer("two\nlines \u{1f6b2}")).unwrap());
        drop(first);

        let second = Afloat::open(base.clone());
        assert_eq!(second.find(&key("b"), request("b")).unwrap().1, answer("two\nlines \u{1f6b2}"));
        assert!(second.find(&key("b"), request("changed")).is_none(), "another request");
        assert!(second.find(&key("c"), request("c")).is_none());
        second.put(&key("c"), request("c"), &[], &answer("three")).unwrap().kept();
        assert_eq!(files(folder.path()), 2);
        second.end(true);
        assert_eq!(files(folder.path()), 0, "a finished run needs no log");
    }

    #[test]
    fn a_run_that_stopped_keeps_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("r.afloat");
        let log = Afloat::open(base.clone());
        drop(log.put(&key("a"), request("a"), &[], &answer("one")).unwrap());
        log.end(false);
        assert!(Afloat::open(base.clone()).find(&key("a"), request("a")).is_some());
        delete(&base);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn segments_go_when_all_their_answers_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = Afloat::open(folder.path().join("r.afloat"));
        let whole = "x".repeat(SEGMENT);
        let held: Vec<Held> = (0..3)
            .map(|n| log.put(&key(&n.to_string()), request("a"), &[], &answer(&whole)).unwrap())
            .collect();
        assert_eq!(files(folder.path()), 3);
        held.into_iter().for_each(Held::kept);
        assert_eq!(files(folder.path()), 1, "only the one that is written to is left");
        log.end(true);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn a_line_that_was_cut_or_changed_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("r.afloat");
        let log = Afloat::open(base.clone());
        for case in ["a", "b", "c"] {
            drop(log.put(&key(case), request(case), &[], &answer(case)).unwrap());
        }
        drop(log);
        let path = segments(&base)[0].1.clone();
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = text.replacen("\"text\":\"b\"", "\"text\":\"B\"", 1);
        std::fs::write(&path, &changed[..changed.len() - 9]).unwrap();
        let next = Afloat::open(base);
        let there: Vec<bool> =
            ["a", "b", "c"].iter().map(|c| next.find(&key(c), request(c)).is_some()).collect();
        assert_eq!(there, [true, false, false]);
    }

    #[test]
    fn nothing_is_appended_after_a_line_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("r.afloat");
        let log = Afloat::open(base.clone());
        drop(log.put(&key("a"), request("a"), &[], &answer("a")).unwrap());
        // As a disk that is full for a moment: half a line is there, and the rest is refused.
        let path = segments(&base)[0].1.clone();
        let mut half = File::options().append(true).open(&path).unwrap();
        half.write_all(b"0123456789abcdef {\"key\": ").unwrap();
        let refusing = Segment {
            file: File::open(&path).unwrap(),
            path,
            open: AtomicUsize::new(1),
            sealed: AtomicBool::new(false),
        };
        log.log.lock().unwrap().current = Some(Arc::new(refusing));
        assert!(log.put(&key("b"), request("b"), &[], &answer("b")).is_none());
        drop(log.put(&key("c"), request("c"), &[], &answer("c")).unwrap());
        drop(log);
        let next = Afloat::open(base);
        let there = ["a", "b", "c"].map(|c| next.find(&key(c), request(c)).is_some());
        assert_eq!(there, [true, false, true]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        let log = Afloat::open(folder.path().join("missing/r.afloat"));
        assert!(log.put(&key("a"), request("a"), &[], &answer("a")).is_none());
        log.end(true);
    }
}
