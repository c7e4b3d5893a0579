//! Paths that a settings file or a suite names.

use std::ops::Range;
use std::path::Path;

use crate::config::reader::Mistakes;
use crate::diagnostic::{Diagnostic, did_you_mean};

/// What a path must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// Either.
    Any,
}

/// Reports a path that is not there or is of the wrong sort; `true` when all is well.
pub fn check(
    mistakes: &mut Mistakes,
    root: &Path,
    path: &str,
    span: &Range<usize>,
    wanted: Wanted,
    help: &str,
) -> bool {
    let full = root.join(path);
    let problem = match (wanted, full.metadata()) {
        (Wanted::Folder, Ok(found)) if !found.is_dir() => format!("`{path}` is a file, not a folder"),
        (Wanted::File, Ok(found)) if found.is_dir() => format!("`{path}` is a folder, not a file"),
        (_, Ok(_)) => return true,
        (Wanted::Folder, Err(_)) => format!("folder `{path}` does not exist"),
        (Wanted::File, Err(_)) => format!("file `{path}` does not exist"),
        (Wanted::Any, Err(_)) => format!("`{path}` does not exist"),
    };
    let finding = mistakes.error(span, problem);
    let finding = suggest_near(finding, root, path);
    mistakes.push(if help.is_empty() { finding } else { finding.help(help) });
    false
}

/// Suggests the path with its first missing part replaced by a near name that is there.
pub fn suggest_near(finding: Diagnostic, root: &Path, path: &str) -> Diagnostic {
    let full = root.join(path);
    let Some(parent) = full.ancestors().skip(1).find(|p| p.is_dir()) else { return finding };
    let missing = full.strip_prefix(parent).ok().and_then(|rest| rest.components().next());
    let Some(missing) = missing.map(|part| part.as_os_str().to_string_lossy().into_owned()) else {
        return finding;
    };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    match did_you_mean(&missing, names.iter().map(String::as_str)) {
        Some(near) => {
            let near = parent.join(near);
            let shown = near.strip_prefix(root).unwrap_or(&near);
            finding.help(format!("did you mean `{}`?", shown.display()))
        }
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    #[test]
    fn near_names_are_suggested() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("golden/knowledge")).unwrap();
        std::fs::write(dir.path().join("data.jsonl"), "").unwrap();
        let mut mistakes = Mistakes::new(SourceFile::new("regauge.toml", "x"));
        let mut ok = |path: &str, wanted| check(&mut mistakes, dir.path(), path, &(0..1), wanted, "make it");
        assert!(ok("golden/knowledge", Wanted::Folder));
        assert!(ok("data.jsonl", Wanted::Any));
        assert!(!ok("golden/knowlege", Wanted::Any));
        assert!(!ok("data.jsonl", Wanted::Folder));
        assert!(!ok("nothing/like/it", Wanted::File));
        let found = mistakes.finish();
        let shown: Vec<_> = found.iter().map(|d| format!("{} | {}", d.message, d.help.join(" | "))).collect();
        assert_eq!(
            shown,
            [
                "`golden/knowlege` does not exist | did you mean `golden/knowledge`? | make it",
                "`data.jsonl` is a file, not a folder | did you mean `data.jsonl`? | make it",
                "file `nothing/like/it` does not exist | make it",
            ]
        );
    }
}
