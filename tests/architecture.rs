//! The shape of `src/`: layers look up only, files stay small, every member is registered, and the
//! environment, the clock and the terminal are touched in one place each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Modules from the foundations up; a module uses only itself and what stands before it.
const LAYERS: &[&str] = &[
    "shorten",
    "diagnostic",
    "secret",
    "fingerprint",
    "clock",
    "new_file",
    "program",
    "quotes",
    "stats",
    "case",
    "knowledge",
    "prompt",
    "golden",
    "provider",
    "embed",
    "score",
    "retrieve",
    "config",
    "suite",
    "project",
    "selection",
    "outcome",
    "plan",
    "lint",
    "impact",
    "event",
    "run",
    "store",
    "baseline",
    "diff",
    "sentence",
    "gate",
    "follow",
    "coverage",
    "ladder",
    "what_if",
    "experiment",
    "report",
    "export",
    "cli",
];

/// Most code lines of a file (tests at its foot, comments and blank lines excluded).
const MOST_LINES: usize = 400;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|p| (p.strip_prefix(&root).unwrap().to_owned(), std::fs::read_to_string(&p).unwrap()))
        .collect()
}

/// The file without the tests at its foot.
fn code(text: &str) -> &str {
    ["mod tests {", "pub(crate) mod tests {"]
        .iter()
        .filter_map(|tests| text.find(&format!("\n#[cfg(test)]\n{tests}")))
        .min()
        .map_or(text, |at| &text[..at])
}

fn module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn the_crate_lists_its_layers_in_their_order() {
    let (_, lib) = sources().into_iter().find(|(path, _)| path == Path::new("lib.rs")).unwrap();
    let rows = lib.lines().filter(|line| line.starts_with("//! | "));
    let name = regex::Regex::new(r"\[`(\w+)`\]").unwrap();
    let listed: Vec<&str> =
        rows.flat_map(|row| name.captures_iter(row)).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(listed, LAYERS);
}

#[test]
fn every_module_has_a_layer() {
    for (path, _) in sources() {
        let module = module(&path);
        assert!(
            ["main", "lib"].contains(&module.as_str()) || LAYERS.contains(&module.as_str()),
            "{module} has no layer"
        );
    }
}

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let rank: BTreeMap<&str, usize> = LAYERS.iter().enumerate().map(|(i, m)| (*m, i)).collect();
    let used = regex::Regex::new(r"\bcrate::(?:\{([^}]*)\}|(\w+))").unwrap();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(own) = rank.get(module(&path).as_str()) else { continue };
        for found in used.captures_iter(code(&text)) {
            let list = found.get(1).or(found.get(2)).unwrap().as_str();
            for name in list.split(',').map(|n| n.trim().split("::").next().unwrap_or_default()) {
                if rank.get(name).is_some_and(|other| other > own) {
                    wrong.push(format!("{} uses crate::{name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let mut sizes = Vec::new();
    for (path, text) in sources() {
        let lines =
            code(&text).lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")).count();
        assert!(lines <= MOST_LINES, "{} has {lines} code lines", path.display());
        sizes.push(lines);
    }
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(median <= 130, "the median file has {median} code lines");
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{} does not open with its purpose", path.display());
    }
}

#[test]
fn members_are_registered() {
    for (folder, table, helpers) in [
        // In folders by family.
        ("score", "SCORERS", &[][..]),
        ("provider", "PROVIDERS", &["completion", "error", "http", "request", "spec"][..]),
        ("report", "RENDERERS", &[][..]),
        ("report/roles", "ROLES", &[][..]),
    ] {
        let registry =
            std::fs::read_to_string(format!("{}/src/{folder}/mod.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for (path, text) in sources() {
            let nested = folder == "score" && path.starts_with(folder);
            let inside = nested || path.parent() == Some(Path::new(folder));
            let own = if path.ends_with("mod.rs") && nested { path.parent().unwrap() } else { &path };
            let stem = own.file_stem().unwrap().to_string_lossy().into_owned();
            if !inside
                || stem == "mod"
                || helpers.contains(&stem.as_str())
                || !code(&text).contains("const KIND")
            {
                continue;
            }
            assert!(registry.contains(&format!("{stem}::KIND")), "{folder}/{stem}.rs is not in {table}");
        }
    }
}

#[test]
fn one_place_each_for_terminal_environment_and_clock() {
    let allowed: &[(&str, &[&str])] = &[
        ("std::env::var", &["cli/mod.rs"]),
        ("io::stdout()", &["cli/printer.rs"]),
        ("io::stderr()", &["cli/printer.rs", "report/progress.rs"]),
        ("println!", &[]),
        ("Timestamp::now", &["clock.rs"]),
        ("process::exit", &[]),
    ];
    for (path, text) in sources() {
        for (word, places) in allowed {
            let shown = path.to_string_lossy().replace('\\', "/");
            assert!(!code(&text).contains(word) || places.contains(&shown.as_str()), "{shown} uses {word}");
        }
    }
}

#[test]
fn sql_stays_in_the_store() {
    for (path, text) in sources() {
        let inside = path.starts_with("store");
        assert!(inside || !code(&text).contains("rusqlite"), "{} speaks SQL", path.display());
    }
}
