//! The name of a case as it is typed and printed.

/// `case`, `suite/case`, or one of them with a wording behind it: `suite/case [41a94a29]`, and `case~41a94a29` of JUnit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseName<'a> {
    /// As written, should an id look like one with a wording.
    written: &'a str,
    /// Without the wording.
    case: &'a str,
    /// The wording.
    phrasing: Option<&'a str>,
}

impl<'a> CaseName<'a> {
    /// Reads a name.
    pub fn parse(written: &'a str) -> Self {
        let written = written.trim();
        let bracketed = written.strip_suffix(']').and_then(|name| name.rsplit_once(" ["));
        let (case, phrasing) = match bracketed.or_else(|| written.rsplit_once('~')) {
            Some((case, phrasing)) => (case, Some(phrasing)),
            None => (written, None),
        };
        Self { written, case, phrasing }
    }

    /// Whether it names this case, in whatever wording.
    pub fn is(&self, suite: &str, case: &str) -> bool {
        names(self.written, suite, case) || names(self.case, suite, case)
    }

    /// Whether it names this wording of a case; a name without a wording names all.
    pub fn is_wording(&self, suite: &str, case: &str, phrasing: &str) -> bool {
        names(self.written, suite, case)
            || names(self.case, suite, case) && self.phrasing.is_none_or(|wanted| wanted == phrasing)
    }

    /// Every id that the case may have: what stands behind a `/` may be the id, and an id may hold one.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let of = |name: &'a str| {
            let behind = name.match_indices('/').map(move |(at, _)| &name[at + 1..]);
            std::iter::once(name).chain(behind)
        };
        let bare = (self.case != self.written).then_some(self.case);
        of(self.written).chain(bare.into_iter().flat_map(of))
    }
}

/// The name of a wording as it is printed; of a case's own wording that of the case.
pub fn wording_name(suite: &str, case: &str, phrasing: &str) -> String {
    if phrasing.is_empty() { format!("{suite}/{case}") } else { format!("{suite}/{case} [{phrasing}]") }
}

fn names(name: &str, suite: &str, case: &str) -> bool {
    name == case || name.strip_prefix(suite).and_then(|rest| rest.strip_prefix('/')) == Some(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        for name in
            ["window", "first/window", "window [41a94a29]", "first/window [41a94a29]", "window~41a94a29"]
        {
            let name = CaseName::parse(name);
            assert!(name.is("first", "window") && name.is_wording("first", "window", "41a94a29"), "{name:?}");
            assert!(name.ids().any(|id| id == "window"), "{name:?}");
            assert!(!name.is("first", "windows") && !name.is("first", "dow"), "{name:?}");
        }
        assert!(!CaseName::parse("other/window").is("first", "window"));
        assert!(!CaseName::parse("window [41a94a29]").is_wording("first", "window", ""));
        assert!(CaseName::parse("window").is_wording("first", "window", ""));
    }

    #[test]
    fn ids_may_look_like_names() {
        for id in ["a/b", "a [1]", "a~b", "s/a [1]"] {
            assert!(CaseName::parse(id).is_wording("s", id, ""), "{id}");
            assert!(CaseName::parse(&format!("s/{id}")).is("s", id), "{id}");
            assert!(CaseName::parse(&format!("s/{id} [w]")).is_wording("s", id, "w"), "{id}");
            assert!(CaseName::parse(id).ids().any(|known| known == id));
        }
    }
}
