//! How quickly the HTML report of a long run is written and opened.
//!
//! `cargo bench --bench page [-- TRIALS]`, 10,000 by default. Needs Chromium, as the tests of the report do. Opening goes from the
//! address to the second frame that shows the page, on a blank page of a browser that runs already.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and fails by panicking"
)]

#[path = "../tests/browser/big.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod big;
#[path = "../tests/browser/chrome.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod chrome;

use std::process::Command;
use std::time::Instant;

const TIMES: usize = 9;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let trials = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let project = tempfile::tempdir().unwrap();
    big::write(project.path(), trials);
    let clock = Instant::now();
    let told = Command::new(env!("CARGO_BIN_EXE_regauge"))
        .args(["report", "big", "--format", "html", "--output", "page.html"])
        .current_dir(project.path())
        .status()
        .unwrap();
    assert!(told.success());
    let written = clock.elapsed();
    let file = project.path().join("page.html");
    let size = file.metadata().unwrap().len() as f64;
    println!(
        "{trials} trials, {:.1} MiB, written in {:.2} s",
        size / f64::from(1 << 20),
        written.as_secs_f64()
    );
    let mut page = chrome::Page::blank(1280, 900);
    let mut opened = Vec::new();
    let mut filtered = Vec::new();
    for n in 0..TIMES {
        opened.push(page.visit(&file, &format!("?{n}")).as_secs_f64());
        let clock = Instant::now();
        page.eval(&format!("location.hash = '#cases?q={}'", big::case(trials - 1)));
        page.settle();
        filtered.push(clock.elapsed().as_secs_f64());
    }
    println!("opened in   {:>6.0} ms (median of {TIMES})", median(opened) * 1000.0);
    println!("searched in {:>6.0} ms (median of {TIMES})", median(filtered) * 1000.0);
}
