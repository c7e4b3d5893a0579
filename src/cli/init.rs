//! `regauge init`: scaffold a working project.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{CommandResult, ExitStatus, Session};

/// Flags of `regauge init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where; default: the current folder.
    folder: Option<PathBuf>,
}

/// The scaffold: path and text.
const FILES: &[(&str, &str)] = &[
    ("regauge.toml", include_str!("scaffold/regauge.toml")),
    ("prompts/_passages.j2", include_str!("scaffold/prompts/_passages.j2")),
    ("prompts/bare.j2", include_str!("scaffold/prompts/bare.j2")),
    ("prompts/grounded.j2", include_str!("scaffold/prompts/grounded.j2")),
    ("suites/first.toml", include_str!("scaffold/suites/first.toml")),
    ("golden/knowledge/returns.md", include_str!("scaffold/golden/knowledge/returns.md")),
    ("golden/knowledge/delivery.md", include_str!("scaffold/golden/knowledge/delivery.md")),
    ("golden/answers/first/return-window.md", include_str!("scaffold/golden/answers/first/return-window.md")),
];

/// Writes the scaffold; refuses when any of its files is there.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let folder = args.folder.clone().unwrap_or_else(|| session.root.clone());
    let schemas = [
        ("schemas/regauge.json", crate::config::schema_json()),
        ("schemas/suite.json", crate::suite::schema_json()),
    ];
    let files: Vec<(&str, &str)> =
        FILES.iter().copied().chain(schemas.iter().map(|(path, text)| (*path, text.as_str()))).collect();
    let there: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| folder.join(path).exists()).collect();
    if !there.is_empty() {
        anyhow::bail!(
            "nothing was written: {} would be overwritten in {}",
            there.join(", "),
            folder.display()
        );
    }
    for (path, text) in &files {
        write_new(&folder.join(path), text)?;
    }
    let written: Vec<String> = files.iter().map(|(path, _)| format!("  {path}")).collect();
    session.printer.out(&format!("wrote a project in {}:\n{}", folder.display(), written.join("\n")))?;
    session.printer.talk("next: regauge check, then regauge run");
    Ok(ExitStatus::Success)
}

/// Creates a file that must not be there yet.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).with_context(|| format!("failed to create {}", parent.display()))?;
    let mut file =
        std::fs::File::create_new(path).with_context(|| format!("failed to write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("failed to write {}", path.display()))
}
