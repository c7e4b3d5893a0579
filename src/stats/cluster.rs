//! Values that belong together: cases of one article, area or conversation are not independent of each other.

/// What the values of one cluster come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cluster {
    /// Sum of its values.
    pub(super) sum: f64,
    /// How many there are.
    pub(super) size: f64,
}

/// Values by cluster, the same for every order of the values and every numbering of the clusters; `None` for lists
/// of different lengths, no values, and a value that is not finite.
pub(super) fn clustered(values: &[f64], clusters: &[u32]) -> Option<Vec<Cluster>> {
    if values.len() != clusters.len() || values.is_empty() || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut pairs: Vec<(u32, f64)> = clusters.iter().copied().zip(values.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut groups: Vec<Cluster> = pairs
        .chunk_by(|a, b| a.0 == b.0)
        .map(|group| Cluster { sum: group.iter().map(|(_, v)| v).sum(), size: group.len() as f64 })
        .collect();
    groups.sort_by(|a, b| a.sum.total_cmp(&b.sum).then(a.size.total_cmp(&b.size)));
    Some(groups)
}

/// Sum and number of all values.
pub(super) fn total(clusters: &[Cluster]) -> Cluster {
    clusters
        .iter()
        .fold(Cluster { sum: 0.0, size: 0.0 }, |a, b| Cluster { sum: a.sum + b.sum, size: a.size + b.size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_numbering_do_not_matter() {
        let one = clustered(&[0.1, 0.2, 0.3, 0.4], &[7, 7, 1, 2]).unwrap();
        assert_eq!(one, clustered(&[0.4, 0.3, 0.2, 0.1], &[5, 9, 0, 0]).unwrap());
        assert_eq!(one.len(), 3);
        assert!((total(&one).sum - 1.0).abs() < 1e-12 && (total(&one).size - 4.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_grouped() {
        assert_eq!(clustered(&[], &[]), None);
        assert_eq!(clustered(&[1.0], &[1, 2]), None);
        assert_eq!(clustered(&[1.0, f64::NAN], &[1, 2]), None);
    }
}
