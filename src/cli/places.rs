//! Where the cases and prompts of the project are written, for reports that point at lines.

use std::path::Path;

use super::Session;
use crate::project;
use crate::report::{Place, Places};

/// The places of these suites and of all prompts, relative to the repository; none when the project does not
/// load: the report of a stored run needs no sound project.
pub(super) fn of(session: &Session, suites: &[String]) -> Places {
    let mut places = Places::default();
    let (Some(project), _) = project::load(&session.root, &session.env) else { return places };
    let above = above(&session.root);
    let place = |path: &Path, line| Place { file: joined(&above, path), line };
    for suite in project.suites.iter().filter(|s| suites.contains(&s.id)) {
        for scored in suite.cases.each().filter_map(Result::ok) {
            let case = &scored.case;
            places.add_case(&suite.id, &case.id, place(&case.origin.path, case.origin.line));
        }
    }
    for name in project.prompts.names() {
        if let Some(path) = project.prompts.files_of(name).first() {
            places.add_prompt(name, place(path, 1));
        }
    }
    places
}

/// The way from the repository to the project; empty when they are one, or there is no repository.
fn above(root: &Path) -> std::path::PathBuf {
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    repository.and_then(|r| root.strip_prefix(r).ok()).map(Path::to_owned).unwrap_or_default()
}

fn joined(above: &Path, path: &Path) -> String {
    let whole = above.join(path);
    let parts: Vec<_> = whole.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_repository_down() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git")).unwrap();
        let root = folder.path().join("bots/support");
        std::fs::create_dir_all(&root).unwrap();
        assert_eq!(joined(&above(&root), Path::new("suites/a.toml")), "bots/support/suites/a.toml");
        assert_eq!(joined(&above(folder.path()), Path::new("suites/a.toml")), "suites/a.toml");
    }
}
