//! The file of experiments: text ↔ values.

use std::path::Path;

use super::Experiments;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};

const HEAD: &str = "\
# What was tried: hypothesis, plan, results, decisions. Written by `regauge experiment` and `regauge run --experiment`,
# which add results and never replace one. Commit it.
";

/// Reads a file of experiments.
pub(super) fn load(root: &Path, path: &Path) -> (Experiments, Diagnostics) {
    let file = match SourceFile::read_if_there(root, path) {
        Ok(Some(file)) => file,
        Ok(None) => return Default::default(),
        Err(findings) => return (Experiments::default(), findings),
    };
    match toml::from_str(&file.text) {
        Ok(experiments) => (experiments, Diagnostics::new()),
        Err(error) => {
            let at = error.span().map_or_else(|| file.start(), |span| file.at(span));
            let finding = Diagnostic::error(format!("this is no file of experiments: {}", error.message()))
                .at(at)
                .help("`regauge experiment` writes it; take the last version that was committed");
            (Experiments::default(), finding.into())
        }
    }
}

/// See [`Experiments::to_text`].
pub(super) fn to_text(experiments: &Experiments) -> String {
    // Maps of texts, numbers and lists always have a TOML form.
    format!("{HEAD}\n{}", toml::to_string_pretty(experiments).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::samples::experiment;
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut all = Experiments::default();
        let mut one = experiment(&["short"], &[Some(0.01)]);
        one.hypothesis = "shorter \"answers\"\n[x] = 'é\u{7f}'".into();
        all.insert("shorter", one.clone());
        let text = all.to_text();
        assert_eq!(toml::from_str::<Experiments>(&text).unwrap(), all, "{text}");
        assert_eq!(
            one.results[0].after_the_fact(&one),
            ["hypothesis or plan were changed after this result was seen"]
        );
    }

    #[test]
    fn a_broken_file_is_said_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let golden = Path::new("golden/answers");
        let (none, findings) = Experiments::load(dir.path(), golden);
        assert!(none.iter().next().is_none() && !findings.has_errors());
        std::fs::create_dir(dir.path().join("golden")).unwrap();
        std::fs::write(dir.path().join("golden/experiments.toml"), "[a]\nhypothesis = 3\n").unwrap();
        let (_, findings) = Experiments::load(dir.path(), golden);
        let shown = findings.iter().map(|d| d.render(false)).collect::<String>();
        assert!(
            shown.contains("experiments.toml:2") && shown.contains("this is no file of experiments"),
            "{shown}"
        );
    }
}
