//! Writing cassettes, answer by answer: the whole file or nothing.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::new_file::{Keep, NewFile};
use crate::provider::RecordedAnswer;

/// Writes what `give` hands on, in its order, and returns how many answers that were. A file that is there stays
/// unless `force`; without any answer nothing is written.
pub(crate) fn write(
    file: &Path,
    force: bool,
    give: impl FnOnce(&mut dyn FnMut(RecordedAnswer) -> io::Result<()>) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let shown = file.display();
    let there = || anyhow::anyhow!("{shown} is there already; say --force to overwrite it");
    if !force && file.exists() {
        return Err(there());
    }
    let failed = || format!("failed to write {shown}");
    let mut new = NewFile::of(file).with_context(failed)?;
    let mut out = BufWriter::new(new.file());
    let mut answers = 0;
    give(&mut |answer| {
        answers += 1;
        answer.write_line(&mut out)
    })?;
    out.flush().with_context(failed)?;
    drop(out);
    if answers == 0 {
        return Ok(0);
    }
    match new.put(if force { Keep::Replace } else { Keep::Refuse }) {
        Ok(()) => Ok(answers),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(there()),
        Err(error) => Err(error).with_context(failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::provider::Completion;

    fn answer(text: &str) -> RecordedAnswer {
        RecordedAnswer {
            request: Fingerprint::of(text),
            provider: "openai".into(),
            model: "m".into(),
            identity: serde_json::Value::Null,
            cost: None,
            completion: Completion { latency_ms: 1.5, ..Completion::of_text(text) },
        }
    }

    fn put(file: &Path, force: bool, text: &str) -> anyhow::Result<u64> {
        write(file, force, |each| Ok(each(answer(text))?))
    }

    #[test]
    fn a_file_is_overwritten_only_by_force() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("answers.jsonl");
        assert_eq!(put(&file, false, "one").unwrap(), 1);
        let error = put(&file, false, "two").unwrap_err().to_string();
        assert!(error.ends_with("is there already; say --force to overwrite it"), "{error}");
        assert!(std::fs::read_to_string(&file).unwrap().contains("\"one\""));
        put(&file, true, "two").unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().contains("\"two\""));
        assert!(put(&dir.path().join("none/x"), true, "x").is_err());
        assert!(write(&file, true, |_| anyhow::bail!("half way")).is_err());
        assert_eq!(write(&file, true, |_| Ok(())).unwrap(), 0);
        assert!(std::fs::read_to_string(&file).unwrap().contains("\"two\""), "kept");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
