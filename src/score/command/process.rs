//! One running program that is asked one question at a time, from whatever thread has one.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{CommandSpec, LastWords};
use crate::secret::Redactor;

/// Longest line that is read, in bytes.
const MAX_LINE: usize = 1 << 20;
/// How long a program may take to end once nobody asks any more, and its last words to arrive.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often an ending program is looked at.
const PATIENCE: Duration = Duration::from_millis(5);

/// What came from the program.
enum Heard {
    Line(Vec<u8>),
    TooLong,
    Closed,
}

/// A program that runs; dropping it ends it.
pub(super) struct Process {
    child: Child,
    /// Absent once it is to end: its standard input is closed then.
    questions: Option<Sender<Vec<u8>>>,
    heard: Receiver<Heard>,
    words: Arc<LastWords>,
    /// Closed when the last words are all there.
    silence: Receiver<()>,
}

impl Process {
    /// Starts the program.
    ///
    /// # Errors
    /// It cannot be started; the end of a sentence about it.
    pub(super) fn start(spec: &CommandSpec, redactor: &Redactor) -> Result<Self, String> {
        let failed = |why: String| format!("cannot be started: {why}; check `command` and `cwd`");
        let mut command = spec.launch().ok_or_else(|| failed("it has no name".to_owned()))?;
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed("it has no pipes".to_owned()));
        };
        let words = Arc::new(LastWords::new(redactor.clone()));
        let (questions, to_write) = channel();
        let (lines, heard) = sync_channel(1);
        let (talking, silence) = channel();
        let kept = words.clone();
        // Pipes may block for as long as the program likes, so each has a thread; all end with the program.
        thread::spawn(move || write(stdin, &to_write));
        thread::spawn(move || listen(stdout, &lines));
        thread::spawn(move || keep(stderr, &kept, talking));
        Ok(Self { child, questions: Some(questions), heard, words, silence })
    }

    /// Asks one question and waits for the line that comes back.
    ///
    /// # Errors
    /// No line came, or none that ends; the end of a sentence about the program. It is of no use any more.
    pub(super) fn ask(&mut self, line: Vec<u8>, timeout: Duration) -> Result<Vec<u8>, String> {
        let until = Instant::now() + timeout;
        if self.questions.as_ref().is_none_or(|questions| questions.send(line).is_err()) {
            return Err(self.ended());
        }
        loop {
            match self.heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Heard::Line(line)) if line.trim_ascii().is_empty() => {}
                Ok(Heard::Line(line)) => return Ok(line),
                Ok(Heard::TooLong) => {
                    return Err(format!("printed a line of more than {} MiB", MAX_LINE >> 20));
                }
                Ok(Heard::Closed) | Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("sent no reply within {} s (`timeout_s`)", timeout.as_secs_f64()));
                }
            }
        }
    }

    /// What it printed as error so far, as the end of a message.
    pub(super) fn last_words(&self) -> String {
        self.words.told()
    }

    /// Ends it at once: it hangs or babbles.
    pub(super) fn kill(&mut self) {
        self.questions = None;
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn ended(&mut self) -> String {
        let status = self.wait();
        let _ = self.silence.recv_timeout(LAST_WORDS);
        match status {
            Some(status) => format!("ended ({status}) before it replied"),
            None => "closed its output before it replied".to_owned(),
        }
    }

    /// Waits a moment for it to end by itself.
    fn wait(&mut self) -> Option<std::process::ExitStatus> {
        let until = Instant::now() + LAST_WORDS;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < until => thread::sleep(PATIENCE),
                _ => return None,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its input ends, so a program that reads to the end ends too.
        self.questions = None;
        if self.wait().is_none() {
            self.kill();
        }
    }
}

fn write(mut stdin: ChildStdin, lines: &Receiver<Vec<u8>>) {
    while let Ok(line) = lines.recv() {
        // A program that reads no more has ended, which the listener reports.
        if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn listen(stdout: impl Read, lines: &SyncSender<Heard>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let heard = match stdout.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => Heard::Closed,
            Ok(length) if length > MAX_LINE => Heard::TooLong,
            Ok(_) => Heard::Line(line),
        };
        let last = !matches!(heard, Heard::Line(_));
        if lines.send(heard).is_err() || last {
            return;
        }
    }
}

/// Keeps the last words; `_talking` is dropped with the pipe's end.
fn keep(mut stderr: impl Read, words: &LastWords, _talking: Sender<()>) {
    let mut chunk = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut chunk) {
        words.keep(&chunk[..length]);
    }
}
