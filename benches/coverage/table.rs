//! The rows: what is measured, where it is least and most, and what is claimed of it.

/// What is claimed of a mean coverage.
pub(crate) const CLAIMED: Option<(f64, f64)> = Some((0.93, 0.97));

/// The share of cases in which something held, and where that was measured.
pub(crate) struct Point {
    pub(crate) at: String,
    pub(crate) share: f64,
}

pub(crate) struct Table {
    only: Option<Vec<String>>,
    outside: u32,
}

impl Table {
    /// All sections, or those that `--only` names.
    pub(crate) fn of_args() -> Self {
        let mut args = std::env::args().skip_while(|arg| arg != "--only").skip(1);
        let only = args.next().map(|names| names.split(',').map(str::to_owned).collect());
        Self { only, outside: 0 }
    }

    /// Whether a section is to be measured; then its head is printed.
    pub(crate) fn begins(&self, section: &str, about: &str) -> bool {
        let wanted = self.only.as_ref().is_none_or(|only| only.iter().any(|name| name == section));
        if wanted {
            println!("\n## {section}\n\n{about}\n");
            println!("| what | over | mean | least | most | claimed |\n|---|---|---|---|---|---|");
        }
        wanted
    }

    /// A share that was measured at several places: the claim is about the mean.
    pub(crate) fn over(&mut self, what: &str, setting: &str, points: &[Point], claimed: Option<(f64, f64)>) {
        let mean = points.iter().map(|point| point.share).sum::<f64>() / points.len() as f64;
        let by = |a: &&Point, b: &&Point| a.share.total_cmp(&b.share);
        let shown = |point: &Point| format!("{:.3} ({})", point.share, point.at);
        let least = points.iter().min_by(by).map(shown).unwrap_or_default();
        let most = points.iter().max_by(by).map(shown).unwrap_or_default();
        self.print([what, setting, &format!("{mean:.4}"), &least, &most], mean, claimed);
    }

    /// A share that was measured at one place.
    pub(crate) fn one(&mut self, what: &str, setting: &str, share: f64, claimed: Option<(f64, f64)>) {
        let shown = if share < 1e-4 { format!("{share:.0e}") } else { format!("{share:.4}") };
        self.print([what, setting, &shown, "", ""], share, claimed);
    }

    fn print(&mut self, cells: [&str; 5], found: f64, claimed: Option<(f64, f64)>) {
        let inside = claimed.is_none_or(|(low, high)| (low..=high).contains(&found));
        self.outside += u32::from(!inside);
        let claim = match claimed {
            Some((low, high)) => format!("{low} to {high}{}", if inside { "" } else { " **outside**" }),
            None => String::new(),
        };
        println!("| {} | {claim} |", cells.join(" | "));
    }

    pub(crate) fn end(self) {
        assert_eq!(self.outside, 0, "rows outside of what is claimed");
    }
}
