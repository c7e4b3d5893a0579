//! axe-core, the accessibility checker, from the Python package that carries it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::chrome::Page;

const REQUIREMENT: &str = "axe-playwright-python==0.1.8 \
     --hash=sha256:fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8\n";
/// axe-core 4.12.1.
const SHA256: &str = "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc";

/// The script, fetched once into the target folder.
fn script() -> String {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-{}.js", &SHA256[..12]));
    if !kept.is_file() {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::rename(fetch(folder.path()), &kept).unwrap();
    }
    let text = std::fs::read_to_string(&kept).unwrap();
    let hex = |mut text: String, byte: &u8| {
        let _ = write!(text, "{byte:02x}");
        text
    };
    let found = Sha256::digest(text.as_bytes()).iter().fold(String::new(), hex);
    assert_eq!(found, SHA256, "{} is not axe-core 4.12.1; delete it", kept.display());
    text
}

fn fetch(folder: &Path) -> PathBuf {
    let wanted = folder.join("wanted.txt");
    std::fs::write(&wanted, REQUIREMENT).unwrap();
    let pips: [&[&str]; 3] = [&["pip"], &["pip3"], &["python3", "-m", "pip"]];
    let mut said = String::new();
    for pip in pips {
        let done = Command::new(pip[0])
            .args(&pip[1..])
            .args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"])
            .args(["--only-binary", ":all:", "--target"])
            .arg(folder)
            .arg("--requirement")
            .arg(&wanted)
            .output();
        match done {
            Ok(done) if done.status.success() => return folder.join("axe_playwright_python/axe.min.js"),
            Ok(done) => said += &String::from_utf8_lossy(&done.stderr),
            Err(error) => {
                let _ = writeln!(said, "{}: {error}", pip[0]);
            }
        }
    }
    panic!("pip could not fetch axe-core, which checks the HTML report: {said}");
}

/// Everything that axe-core says is wrong, one line per rule and element.
pub fn violations(page: &mut Page) -> Vec<String> {
    page.eval(&format!("{}; 0", script()));
    let found = page.eval("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)");
    let nodes = |rule: &Value| {
        let lines =
            rule["nodes"].as_array().unwrap().iter().map(|n| {
                format!("{}: {}: {} {}", rule["id"], rule["help"], n["target"], n["failureSummary"])
            });
        lines.collect::<Vec<_>>()
    };
    let checked = page.number("document.querySelectorAll('*').length");
    assert!(checked > 50, "{}", json!({ "elements": checked }));
    found.as_array().unwrap().iter().flat_map(nodes).collect()
}
