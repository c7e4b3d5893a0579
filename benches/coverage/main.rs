//! How often every interval holds the truth, and how often every test errs where nothing changed: exact enumeration where the
//! outcomes can be gone through, long simulations with fixed seeds elsewhere.
//!
//! ```text
//! cargo bench --bench coverage [-- --only SECTION,...]
//! ```
//!
//! It prints Markdown; `RESULTS.md` is what it printed. Of counts no interval holds the truth 95 times in a hundred at every rate:
//! there are few outcomes, and how many of them hold a rate jumps from one rate to the next. What is claimed of them is
//! therefore the mean over a stated range of rates (Brown, Cai and DasGupta 2001; Newcombe 1998), and the least and the most are
//! shown with the place where they are. A row outside of what is claimed makes the bench fail; a row without a claim is for
//! comparison. `tests/statistics` holds the short form.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

mod chance;
mod comparisons;
mod labels;
mod levels;
mod means;
mod pairs;
mod sizes;
mod table;
mod weighted;

use table::Table;

fn main() {
    let mut table = Table::of_args();
    levels::one_rate(&mut table);
    levels::in_clusters(&mut table);
    pairs::independent(&mut table);
    pairs::paired(&mut table);
    means::graded(&mut table);
    comparisons::reported(&mut table);
    weighted::by_traffic(&mut table);
    labels::corrected(&mut table);
    sizes::of_counts(&mut table);
    sizes::of_flips(&mut table);
    sizes::power(&mut table);
    sizes::false_stops(&mut table);
    table.end();
}
