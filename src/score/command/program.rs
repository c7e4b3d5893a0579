//! A program as all threads of a run share it: started when first asked, and again after it failed, a few times.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Duration;

use super::line::{Asked, NoJudgement, Reply, clean};
use super::process::Process;
use crate::fingerprint::Fingerprint;
use crate::program::CommandSpec;
use crate::score::Finding;
use crate::secret::{Redactor, Secret};

/// Failures in a row after which it is not started again.
const MOST_IN_A_ROW: u32 = 3;
/// Failures in all after which it is not started again.
const MOST_IN_ALL: u32 = 20;

/// Most characters of the command line in a message.
const SHOWN: usize = 80;

/// A program and the processes of it that run.
pub(super) struct Program {
    spec: CommandSpec,
    redactor: Redactor,
    timeout: Duration,
    processes: Vec<Mutex<Option<Process>>>,
    next_id: AtomicU64,
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    in_all: u32,
    last: String,
}

/// The programs that scorers hold, by what they are started with.
static PROGRAMS: Mutex<Vec<(Fingerprint, Weak<Program>)>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program that is started like this, which all scorers with the same command share.
pub(super) fn shared(spec: CommandSpec, timeout: Duration) -> Arc<Program> {
    let env: Vec<(&str, bool)> = spec.env.iter().map(|e| (e.name.as_str(), e.value.is_some())).collect();
    let folder = spec.folder.to_string_lossy().into_owned();
    let key =
        Fingerprint::of(&(spec.fingerprint(), folder, &spec.base, env, spec.workers, timeout.as_secs_f64()));
    let mut programs = lock(&PROGRAMS);
    programs.retain(|(_, program)| program.strong_count() > 0);
    if let Some(program) = programs.iter().filter(|(known, _)| *known == key).find_map(|(_, p)| p.upgrade()) {
        return program;
    }
    let program = Arc::new(Program::new(spec, timeout));
    programs.push((key, Arc::downgrade(&program)));
    program
}

impl Program {
    fn new(spec: CommandSpec, timeout: Duration) -> Self {
        let secrets: Vec<&Secret> = spec.env.iter().filter_map(|e| e.value.as_ref()).collect();
        Self {
            redactor: Redactor::new(secrets),
            timeout,
            processes: (0..spec.workers.max(1)).map(|_| Mutex::default()).collect(),
            next_id: AtomicU64::new(1),
            failures: Mutex::default(),
            spec,
        }
    }

    /// Asks a question; whatever goes wrong is an error of the judge.
    pub(super) fn judge(&self, question: &Asked<'_>, min: f64) -> Finding {
        if let Some(name) = self.spec.unset() {
            return Finding::judge_error(format!("the environment variable {name} is not set (`env`)"));
        }
        let told = |why: &str| Finding::judge_error(format!("`{}` {why}", clean(&self.spec.shown(), SHOWN)));
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let line = match question.line(id) {
            Ok(line) => line,
            Err(error) => return Finding::judge_error(format!("the question is no JSON: {error}")),
        };
        let mut place = self.place(id);
        if let Some(why) = self.gave_up() {
            return told(&why);
        }
        // Looked at in its place, so that nobody takes a process that is about to be ended.
        let reply = self.ask(&mut place, id, line);
        match reply {
            Ok(reply) => {
                lock(&self.failures).in_a_row = 0;
                reply.finding(question.answer, min, &self.redactor).unwrap_or_else(|NoJudgement(why)| {
                    let words = place.as_ref().map(Process::last_words).unwrap_or_default();
                    told(&format!("{why}{words}"))
                })
            }
            Err(why) => {
                let words = place.as_ref().map(Process::last_words).unwrap_or_default();
                if let Some(process) = place.as_mut() {
                    process.kill();
                }
                *place = None;
                let why = format!("{why}{words}");
                let mut failures = lock(&self.failures);
                failures.in_a_row += 1;
                failures.in_all += 1;
                failures.last.clone_from(&why);
                told(&why)
            }
        }
    }

    fn ask(&self, place: &mut Option<Process>, id: u64, line: Vec<u8>) -> Result<Reply, String> {
        let process = match place {
            Some(process) => process,
            None => place.insert(Process::start(&self.spec, &self.redactor)?),
        };
        let line = process.ask(line, self.timeout)?;
        Reply::read(&line, id, &self.redactor)
    }

    /// A process that nobody asks just now; where all are asked, one of them when its turn comes.
    fn place(&self, id: u64) -> MutexGuard<'_, Option<Process>> {
        for process in &self.processes {
            match process.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        lock(&self.processes[(id as usize) % self.processes.len()])
    }

    /// Why it is not started again.
    fn gave_up(&self) -> Option<String> {
        let failures = lock(&self.failures);
        let times = match (failures.in_a_row, failures.in_all) {
            (MOST_IN_A_ROW.., _) => format!("{MOST_IN_A_ROW} times in a row"),
            (_, MOST_IN_ALL..) => format!("{MOST_IN_ALL} times"),
            _ => return None,
        };
        Some(format!("failed {times} and is not started again; the last time it {}", failures.last))
    }
}
