//! The longest common subsequence of two token sequences, 64 positions at a time.
//!
//! After Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): a bit of a column's vector is
//! 0 where the length grows by one from the token before to this one.

/// The buffers of one comparison after another.
#[derive(Debug, Default)]
pub(super) struct Lcs {
    /// For each token the positions of the block where it stands.
    masks: Vec<u64>,
    /// What the block before carried over, for each token of the other text.
    carries: Vec<bool>,
    /// Vectors of all columns, block by block; only where the subsequence itself is asked for.
    columns: Vec<u64>,
}

impl Lcs {
    /// For texts whose tokens are numbers below `different`.
    pub(super) fn new(different: usize) -> Self {
        Self { masks: vec![0; different], ..Self::default() }
    }

    /// Length of a longest common subsequence.
    ///
    /// Takes the product of the lengths, divided by 64, in time and their sum in memory.
    pub(super) fn length(&mut self, one: &[u32], other: &[u32]) -> usize {
        let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        let (one, other) = (&one[start..], &other[start..]);
        let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
        let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
        let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
        start + end + self.fill(short, long, false)
    }

    /// Marks the positions of `rows` in that longest common subsequence of `rows` and `columns` which
    /// is read off the table of lengths from its end: where the tokens differ, one column back if the
    /// length stays the same there and would shrink one row back, otherwise one row back.
    ///
    /// Takes the product of the lengths in time (divided by 64) and in bits of memory.
    pub(super) fn mark(&mut self, rows: &[u32], columns: &[u32], marks: &mut [bool]) {
        if self.fill(rows, columns, true) == 0 {
            return;
        }
        let (mut row, mut column) = (rows.len(), columns.len());
        while row > 0 && column > 0 {
            let at = row - 1;
            if rows[at] == columns[column - 1] {
                marks[at] = true;
                row -= 1;
                column -= 1;
            } else if self.columns[(at / 64) * columns.len() + column - 1] >> (at % 64) & 1 == 0 {
                column -= 1;
            } else {
                row -= 1;
            }
        }
    }

    fn fill(&mut self, rows: &[u32], columns: &[u32], keep: bool) -> usize {
        if rows.is_empty() || columns.is_empty() {
            return 0;
        }
        self.carries.clear();
        self.carries.resize(columns.len(), false);
        self.columns.clear();
        let mut length = 0;
        for block in rows.chunks(64) {
            for (at, token) in block.iter().enumerate() {
                self.masks[*token as usize] |= 1 << at;
            }
            let mut vector = u64::MAX;
            for (token, carry) in columns.iter().zip(&mut self.carries) {
                let mask = self.masks[*token as usize];
                let (sum, over) = vector.overflowing_add(vector & mask);
                let (sum, over_again) = sum.overflowing_add(u64::from(*carry));
                *carry = over || over_again;
                vector = sum | (vector & !mask);
                if keep {
                    self.columns.push(vector);
                }
            }
            let unused = 64 - block.len() as u32;
            length += (!vector << unused).count_ones() as usize;
            for token in block {
                self.masks[*token as usize] = 0;
            }
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(rows: &[u32], columns: &[u32]) -> Vec<Vec<usize>> {
        let mut table = vec![vec![0; columns.len() + 1]; rows.len() + 1];
        for i in 1..=rows.len() {
            for j in 1..=columns.len() {
                table[i][j] = if rows[i - 1] == columns[j - 1] {
                    table[i - 1][j - 1] + 1
                } else {
                    table[i - 1][j].max(table[i][j - 1])
                };
            }
        }
        table
    }

    fn marked(rows: &[u32], columns: &[u32]) -> Vec<bool> {
        let table = table(rows, columns);
        let mut marks = vec![false; rows.len()];
        let (mut i, mut j) = (rows.len(), columns.len());
        while i > 0 && j > 0 {
            if rows[i - 1] == columns[j - 1] {
                marks[i - 1] = true;
                i -= 1;
                j -= 1;
            } else if table[i][j - 1] > table[i - 1][j] {
                j -= 1;
            } else {
                i -= 1;
            }
        }
        marks
    }

    proptest! {
        #[test]
        fn the_quick_way_is_the_plain_one(
            rows in prop::collection::vec(0_u32..6, 0..150),
            columns in prop::collection::vec(0_u32..6, 0..150),
        ) {
            let mut lcs = Lcs::new(6);
            let length = *table(&rows, &columns).last().unwrap().last().unwrap();
            prop_assert_eq!(lcs.length(&rows, &columns), length);
            let mut marks = vec![false; rows.len()];
            lcs.mark(&rows, &columns, &mut marks);
            prop_assert_eq!(&marks, &marked(&rows, &columns));
            prop_assert_eq!(lcs.length(&columns, &rows), length);
        }
    }

    #[test]
    fn long_sequences_need_little_memory() {
        let one: Vec<u32> = (0..40_000).map(|n| n % 7).collect();
        let other: Vec<u32> = (0..40_000).map(|n| n % 5).collect();
        let mut lcs = Lcs::new(7);
        assert!(lcs.length(&one, &other) > 20_000);
        assert!(lcs.columns.is_empty());
    }
}
