//! Writing a run's answers to a cassette.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::cli::Session;
use crate::provider::Cassette;
use crate::report::plural;

/// Writes the cassette; a file that is there stays unless `force`.
pub(super) fn run(session: &Session, name: &str, file: &Path, force: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let id = store.resolve(name)?;
    let answers = store.answers(&id)?;
    if answers.is_empty() {
        anyhow::bail!("run {id} has no answers to export");
    }
    let text = Cassette::to_text(answers);
    write(file, &text, force)?;
    let lines = text.lines().count() as u64;
    session.printer.talk(&format!("wrote {} to {}", plural(lines, "answer"), file.display()));
    Ok(())
}

/// Writes the whole file or nothing.
fn write(file: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let shown = file.display();
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cassette-");
    #[cfg(unix)]
    {
        // Temporary files are private by default; a cassette is an ordinary file.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder).with_context(|| format!("failed to write {shown}"))?;
    temporary.write_all(text.as_bytes()).and_then(|()| temporary.as_file().sync_all())?;
    let kept = if force { temporary.persist(file) } else { temporary.persist_noclobber(file) };
    match kept {
        Ok(_) => Ok(()),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
            anyhow::bail!("{shown} is there already; say --force to overwrite it")
        }
        Err(e) => Err(e.error).with_context(|| format!("failed to write {shown}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_overwritten_only_by_force() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("answers.jsonl");
        write(&file, "one\n", false).unwrap();
        let error = write(&file, "two\n", false).unwrap_err().to_string();
        assert!(error.ends_with("is there already; say --force to overwrite it"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\n");
        write(&file, "two\n", true).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "two\n");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
        assert!(write(&dir.path().join("none/x"), "x", false).is_err());
    }
}
