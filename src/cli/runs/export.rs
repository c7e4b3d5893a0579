//! Writing a run's answers to a cassette.

use std::path::Path;

use crate::cli::{Session, cassette};
use crate::report::plural;

/// Writes the cassette; a file that is there stays unless `force`.
pub(super) fn run(session: &Session, name: &str, file: &Path, force: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let id = store.resolve(name)?;
    let answers = cassette::write(file, force, |each| Ok(store.answers(&id, each)?))?;
    if answers == 0 {
        anyhow::bail!("run {id} has no answers to export");
    }
    session.printer.talk(&format!("wrote {} to {}", plural(answers, "answer"), file.display()));
    Ok(())
}
