//! Names of cases in the words of a rule.

use std::fmt;

/// Some names, of which only the first are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    kept: Vec<String>,
    most: usize,
    all: u64,
}

impl Names {
    /// Keeps at most so many.
    pub(super) fn first(most: usize) -> Self {
        Self { kept: Vec::new(), most, all: 0 }
    }

    pub(super) fn push(&mut self, name: impl FnOnce() -> String) {
        self.all += 1;
        if self.kept.len() < self.most {
            self.kept.push(name());
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all == 0
    }
}

/// `a, b and 3 more`.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kept.join(", "))?;
        match self.all - self.kept.len() as u64 {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut names = Names::first(2);
        assert!(names.is_empty());
        for name in ["a", "b", "c", "d"] {
            names.push(|| name.to_owned());
        }
        assert_eq!((names.to_string().as_str(), names.len()), ("a, b and 2 more", 4));
    }
}
