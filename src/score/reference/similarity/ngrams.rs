//! How many n-grams two texts share, for all orders at once and without a table of n-grams.
//!
//! The up to N tokens from each position are packed into one integer, the first in its highest bits.
//! Sorted, equal n-grams of every order stand side by side.

use crate::score::reference::similarity::tokens::Pair;

/// Up to `N` tokens of equal width from the highest bit down, then the number of their text.
trait Packed: Copy + Ord {
    const NONE: Self;
    const BITS: u32;
    /// Bits that are left for the number of the text at least.
    const SPARE: u32;
    /// The run from one token earlier on; what drops out at the end is no longer read.
    fn before(self, token: u32, width: u32) -> Self;
    fn of_text(self, text: usize, spare: u32) -> Self;
    fn text(self, spare: u32) -> usize;
    /// The leading bits that two runs have in common.
    fn shared_bits(self, other: Self) -> u32;
    /// Whether the token that ends after so many leading bits is there.
    fn has_token(self, end: u32, width: u32) -> bool;
}

macro_rules! packed {
    ($type:ty, $spare:literal) => {
        impl Packed for $type {
            const NONE: Self = 0;
            const BITS: u32 = <$type>::BITS;
            const SPARE: u32 = $spare;

            fn before(self, token: u32, width: u32) -> Self {
                (self >> width) | (<$type>::from(token + 1) << (<$type>::BITS - width))
            }

            fn of_text(self, text: usize, spare: u32) -> Self {
                (self >> spare << spare) | text as $type
            }

            fn text(self, spare: u32) -> usize {
                (self & ((1 << spare) - 1)) as usize
            }

            fn shared_bits(self, other: Self) -> u32 {
                (self ^ other).leading_zeros()
            }

            fn has_token(self, end: u32, width: u32) -> bool {
                (self >> (<$type>::BITS - end)) & ((1 << width) - 1) != 0
            }
        }
    };
}
// Six characters of an alphabet of 1,023, or of all of Unicode; four words of 32,767, or of millions.
packed!(u64, 4);
packed!(u128, 2);

/// Bits of one of `N` tokens.
const fn token_width<P: Packed, const N: usize>() -> u32 {
    let width = (P::BITS - P::SPARE) / N as u32;
    if width < 28 { width } else { 28 }
}

/// For each order from 1 to `N`: how many n-grams of the answer are in a reference, each counted as
/// often as it is in both; of several references the one that has it most often counts.
///
/// Tokens are numbers below `different`. Takes time n log n in the tokens of all texts.
pub(super) fn common<const N: usize>(answer: &[u32], references: &[&[u32]], different: usize) -> [usize; N] {
    let width = token_width::<u64, N>();
    let fits = different < 1 << width && references.len() < 1 << (u64::BITS - width * N as u32);
    if fits { count::<u64, N>(answer, references) } else { count::<u128, N>(answer, references) }
}

fn count<P: Packed, const N: usize>(answer: &[u32], references: &[&[u32]]) -> [usize; N] {
    let width = const { token_width::<P, N>() };
    let spare = const { P::BITS - token_width::<P, N>() * N as u32 };
    let tokens = answer.len() + references.iter().map(|r| r.len()).sum::<usize>();
    let mut runs: Vec<P> = Vec::with_capacity(tokens);
    for (text, tokens) in std::iter::once(&answer).chain(references).enumerate().take(1 << spare.min(16)) {
        let mut run = P::NONE;
        runs.extend(tokens.iter().rev().map(|token| {
            run = run.before(*token, width);
            run.of_text(text, spare)
        }));
    }
    runs.sort_unstable();
    let mut found = [0; N];
    let mut counts = if references.len() == 1 { Vec::new() } else { vec![0_usize; references.len() + 1] };
    // Where the n-gram of each order began of which at least two runs have come, and how many runs of
    // the answer there were before.
    let mut starts = [(0, 0); N];
    let (mut before, mut answers) = (0, 0);
    for (at, run) in runs.iter().enumerate() {
        let after = runs.get(at + 1).map_or(0, |next| N.min((run.shared_bits(*next) / width) as usize));
        if after > before {
            starts[before..after].fill((at, answers));
        }
        answers += usize::from(run.text(spare) == 0);
        for order in after + 1..=before {
            if !run.has_token(width * order as u32, width) {
                continue;
            }
            let (start, earlier) = starts[order - 1];
            let (all, own) = (at + 1 - start, answers - earlier);
            found[order - 1] += match references.len() {
                1 => own.min(all - own),
                _ => in_common(runs[start..=at].iter().map(|run| run.text(spare)), &mut counts),
            };
        }
        before = after;
    }
    found
}

/// Of the texts in which an n-gram stands: how often it is in the first and in another one.
fn in_common(texts: impl Iterator<Item = usize>, counts: &mut [usize]) -> usize {
    counts.fill(0);
    texts.for_each(|text| counts[text] += 1);
    let most = counts[1..].iter().max().copied().unwrap_or(0);
    counts[0].min(most)
}

/// How many tokens of the answer are in the reference, each counted as often as it is in both.
pub(super) fn common_tokens(pair: &Pair) -> usize {
    let mut left = vec![0_u32; pair.different];
    pair.reference.iter().for_each(|token| left[*token as usize] += 1);
    let take = |token: &&u32| {
        let count = &mut left[**token as usize];
        let there = *count > 0;
        *count -= u32::from(there);
        there
    };
    pair.answer.iter().filter(take).count()
}

/// How many n-grams of this order a text of so many tokens has.
pub(super) fn total(tokens: usize, order: usize) -> usize {
    (tokens + 1).saturating_sub(order)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn plain(answer: &[u32], references: &[&[u32]], order: usize) -> usize {
        let count = |tokens: &[u32]| {
            let mut counts: HashMap<Vec<u32>, usize> = HashMap::new();
            for gram in tokens.windows(order) {
                *counts.entry(gram.to_vec()).or_default() += 1;
            }
            counts
        };
        let references: Vec<_> = references.iter().map(|r| count(r)).collect();
        let best =
            |gram: &Vec<u32>| references.iter().filter_map(|r| r.get(gram)).max().copied().unwrap_or(0);
        count(answer).iter().map(|(gram, n)| *n.min(&best(gram))).sum()
    }

    proptest! {
        #[test]
        fn shared_n_grams_are_those_counted_one_by_one(
            answer in prop::collection::vec(0_u32..4, 0..24),
            first in prop::collection::vec(0_u32..4, 0..24),
            second in prop::collection::vec(0_u32..4, 0..24),
            wide in prop::sample::select(vec![4_usize, 1000, 1 << 20]),
        ) {
            for references in [&[first.as_slice()][..], &[&first, &second], &[]] {
                let found = common::<6>(&answer, references, wide);
                for (order, found) in found.iter().enumerate() {
                    prop_assert_eq!(*found, plain(&answer, references, order + 1), "{}", order);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn shared_tokens_are_n_grams_of_one(
            answer in prop::collection::vec(0_u32..4, 0..24),
            reference in prop::collection::vec(0_u32..4, 0..24),
        ) {
            let pair = Pair { answer, reference, different: 4 };
            prop_assert_eq!([common_tokens(&pair)], common::<1>(&pair.answer, &[&pair.reference], 4));
        }
    }

    #[test]
    fn short_texts_have_no_long_n_grams() {
        assert_eq!([1, 2, 3].map(|order| total(2, order)), [2, 1, 0]);
        assert_eq!(total(0, 1), 0);
    }
}
