//! The files of the prompts folder. Everything is read here, once: rendering never touches the disk,
//! so no template can reach a file outside the folder.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::prompt::rubric;

/// Ending of a prompt's file.
pub(super) const EXTENSION: &str = ".j2";

/// Larger files are data, not prompts; they are not kept in memory.
const MAX_BYTES: u64 = 1 << 20;

/// Files by their path below the folder, with `/`.
pub(super) type Files = BTreeMap<String, SourceFile>;

/// Reads the folder and its sub-folders. Files that are not `*.j2` may be included, too, so they are
/// read where they are text.
pub(super) fn read(root: &Path, folder: &Path, findings: &mut Diagnostics) -> Files {
    let top = root.join(folder);
    let mut files = Files::new();
    match top.canonicalize() {
        Ok(real) if real.is_dir() => {
            let mut reader = Reader { real: &real, shown: folder, files: &mut files, findings };
            reader.folder(&top, "");
        }
        _ => findings.push(Diagnostic::error("the folder of prompts is not there").in_path(folder).help(
            "prompts are files that end in .j2; `[project] prompts` in regauge.toml names their folder",
        )),
    }
    files
}

/// Folder of the rubrics of judges, below the folder of prompts.
pub(super) const RUBRICS: &str = "judges/";

/// Whether a file is a prompt: `*.j2`, no rubric, and its file name does not start with `_`.
pub(super) fn is_prompt(name: &str) -> bool {
    !name.starts_with(RUBRICS) && is_whole(name)
}

/// Whether a file is a rubric of a judge.
pub(super) fn is_rubric(name: &str) -> bool {
    name.starts_with(RUBRICS) && is_whole(name)
}

fn is_whole(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.ends_with(EXTENSION) && !file.starts_with('_')
}

struct Reader<'a> {
    real: &'a Path,
    shown: &'a Path,
    files: &'a mut Files,
    findings: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn folder(&mut self, dir: &Path, below: &str) {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) => return self.fault(below, &format!("failed to read the folder: {error}")),
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            let path = dir.join(&name);
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            let below = if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") };
            let linked = path.is_symlink();
            if linked && !path.canonicalize().is_ok_and(|real| real.starts_with(self.real)) {
                self.fault(&below, "the link leads out of the folder of prompts");
            } else if path.is_file() {
                self.file(&path, below);
            } else if !linked {
                self.folder(&path, &below);
            }
        }
    }

    fn file(&mut self, path: &Path, below: String) {
        let prompt = below.ends_with(EXTENSION);
        let small = path.metadata().is_ok_and(|meta| meta.len() <= MAX_BYTES);
        match std::fs::read_to_string(path) {
            Ok(text) if small => {
                // A byte order mark would be sent to the model.
                let text = text.trim_start_matches('\u{feff}');
                let text = if is_rubric(&below) { rubric::cover(text) } else { text.into() };
                self.files.insert(below.clone(), SourceFile::new(self.shown.join(below), text));
            }
            Ok(_) if prompt => self.fault(&below, "the template is larger than 1 MiB"),
            Err(error) if prompt => self.fault(&below, &format!("failed to read the template: {error}")),
            _ => {}
        }
    }

    fn fault(&mut self, below: &str, message: &str) {
        self.findings.push(Diagnostic::error(message).in_path(&self.shown.join(below)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_below_the_folder_only() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("prompts");
        std::fs::create_dir_all(folder.join("judges")).unwrap();
        std::fs::write(folder.join("judges/tone.j2"), "\u{feff}x").unwrap();
        std::fs::write(folder.join("policy.md"), "y").unwrap();
        std::fs::write(folder.join("logo.png"), [0xff, 0xfe]).unwrap();
        std::fs::write(folder.join("bad.j2"), [0xff, 0xfe]).unwrap();
        std::fs::write(folder.join(".#tone.j2"), "lock").unwrap();
        std::fs::write(root.path().join("secret.txt"), "s").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret.txt", folder.join("leak.j2")).unwrap();
            std::os::unix::fs::symlink("policy.md", folder.join("alias.j2")).unwrap();
            std::os::unix::fs::symlink(".", folder.join("loop")).unwrap();
        }
        let mut findings = Diagnostics::new();
        let files = read(root.path(), Path::new("prompts"), &mut findings);
        let messages: Vec<_> = findings.iter().map(|f| f.render(false).replace('\\', "/")).collect();
        assert!(messages[0].contains("prompts/bad.j2: failed to read the template"), "{messages:?}");
        assert!(files.contains_key("judges/tone.j2") && files.contains_key("policy.md"));
        assert_eq!(&*files["judges/tone.j2"].text, "x");
        assert!(!files.contains_key("leak.j2") && !files.contains_key("logo.png"));
        #[cfg(unix)]
        {
            assert!(messages[1].contains("leak.j2: the link leads out of the folder"), "{messages:?}");
            assert_eq!(files.keys().collect::<Vec<_>>(), ["alias.j2", "judges/tone.j2", "policy.md"]);
        }
    }

    #[test]
    fn a_missing_folder_is_said() {
        let root = tempfile::tempdir().unwrap();
        let mut findings = Diagnostics::new();
        assert!(read(root.path(), Path::new("prompts"), &mut findings).is_empty());
        assert!(findings.has_errors());
    }

    #[test]
    fn partials_are_no_prompts() {
        assert!(is_prompt("a.j2") && is_prompt("sub/tone.j2"));
        assert!(!is_prompt("_a.j2") && !is_prompt("sub/_base.j2") && !is_prompt("a.md"));
        assert!(is_rubric("judges/tone.j2") && !is_prompt("judges/tone.j2"));
        assert!(!is_rubric("judges/_base.j2") && !is_rubric("tone.j2"));
    }
}
