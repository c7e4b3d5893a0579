//! Who goes with whom: the largest assignment between two sides.

/// For each of `left` the partner among `right`, so that as many as possible have one; earlier ones on
/// the left never lose theirs to later ones. Kuhn's algorithm of augmenting paths: Kuhn 1955, Naval
/// Research Logistics Quarterly 2, 83–97.
pub(super) fn assign(left: usize, right: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let edges: Vec<Vec<usize>> = (0..left).map(|l| (0..right).filter(|r| fits(l, *r)).collect()).collect();
    let mut taken: Vec<Option<usize>> = vec![None; right];
    for start in 0..left {
        let mut seen = vec![false; right];
        // A path as a stack: the left one, the next of its edges to try, the edge by which it was reached.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((l, next)) = path.last().copied() {
            let Some(&r) = edges[l].get(next) else {
                path.pop();
                continue;
            };
            if let Some(top) = path.last_mut() {
                top.1 += 1;
            }
            if std::mem::replace(&mut seen[r], true) {
                continue;
            }
            if let Some(other) = taken[r] {
                path.push((other, 0));
                continue;
            }
            for (l, after) in &path {
                taken[edges[*l][after - 1]] = Some(*l);
            }
            break;
        }
    }
    let mut partners = vec![None; left];
    for (r, l) in taken.iter().enumerate().filter_map(|(r, l)| l.map(|l| (r, l))) {
        partners[l] = Some(r);
    }
    partners
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_left_out_needlessly() {
        let edges = [(0, 0), (0, 1), (1, 0)];
        assert_eq!(assign(2, 2, |l, r| edges.contains(&(l, r))), [Some(1), Some(0)]);
        assert_eq!(assign(2, 1, |_, _| true), [Some(0), None]);
        assert!(assign(0, 3, |_, _| true).is_empty());
        let chain = |l: usize, r: usize| r == l || r == l + 1;
        assert_eq!(assign(3, 3, |l, r| chain(2 - l, r)).iter().flatten().count(), 3);
    }

    fn best(left: usize, right: usize, used: u32, edges: &[bool]) -> usize {
        let Some(l) = left.checked_sub(1) else { return 0 };
        let with = (0..right).filter(|r| used & (1 << r) == 0 && edges[l * right + r]);
        let most = with.map(|r| 1 + best(l, right, used | (1 << r), edges)).max().unwrap_or(0);
        most.max(best(l, right, used, edges))
    }

    proptest! {
        #[test]
        fn it_is_the_largest(edges in prop::collection::vec(any::<bool>(), 20)) {
            let found = assign(4, 5, |l, r| edges[l * 5 + r]);
            let pairs: Vec<(usize, usize)> =
                found.iter().enumerate().filter_map(|(l, r)| r.map(|r| (l, r))).collect();
            prop_assert!(pairs.iter().all(|(l, r)| edges[l * 5 + r]));
            let mut partners: Vec<usize> = pairs.iter().map(|p| p.1).collect();
            partners.dedup();
            prop_assert_eq!(partners.len(), pairs.len());
            prop_assert_eq!(pairs.len(), best(4, 5, 0, &edges));
        }
    }
}
