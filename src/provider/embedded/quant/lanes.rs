//! The few vector operations the matrix kernels are written in, and their portable form.
//!
//! [`Lanes`] is implemented three times: [`Portable`] in plain Rust, and one implementation each for AVX2
//! and AVX-512. All three give the same bits: sums of products are integers, and floats are only ever
//! added and multiplied lane by lane, never fused. Where a register is shorter than a line, the line is
//! worked on in [`Lanes::PARTS`], each as if it were a matrix of its own.

/// 64 bytes of packed weights, aligned so that one vector load never crosses a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u8; 64]);

/// One float for each of the 16 columns of a tile.
pub(crate) type Column16 = [f32; 16];

/// Vector operations over the bytes (`I`) and the floats (`F`) of some columns of a tile.
pub(crate) trait Lanes: Copy {
    /// Four bytes for each column: read as u8 or i8, as two i16 or as one i32.
    type I: Copy;
    /// One float for each column.
    type F: Copy;
    /// How many registers a line fills.
    const PARTS: usize;
    /// Rows to compute together: as many as the registers hold.
    const ROWS: Rows;

    /// Loads one part of a line.
    fn load(self, line: &Line, part: usize) -> Self::I;
    /// All 32-bit lanes set to `x`.
    fn splat(self, x: i32) -> Self::I;
    /// The low four bits of each byte.
    fn low_nibbles(self, v: Self::I) -> Self::I;
    /// The high four bits of each byte, moved down.
    fn high_nibbles(self, v: Self::I) -> Self::I;
    /// Bits shifted left by `LEFT` and right by `RIGHT` within 16-bit lanes, then masked bytewise.
    fn pick<const LEFT: u32, const RIGHT: u32>(self, v: Self::I, mask: u8) -> Self::I;
    /// Bitwise or.
    fn or(self, a: Self::I, b: Self::I) -> Self::I;
    /// Unsigned bytes times signed bytes, neighbours added: i16. The caller keeps it in range.
    fn dot2(self, unsigned: Self::I, signed: Self::I) -> Self::I;
    /// Adds i16.
    fn add16(self, a: Self::I, b: Self::I) -> Self::I;
    /// Adds neighbouring i16: i32.
    fn widen(self, v: Self::I) -> Self::I;
    /// Adds i32.
    fn add32(self, a: Self::I, b: Self::I) -> Self::I;
    /// i32 times 16.
    fn times16(self, v: Self::I) -> Self::I;
    /// i32 as floats.
    fn to_float(self, v: Self::I) -> Self::F;
    /// One part of 16 half-precision numbers, little-endian, as floats.
    fn halves(self, v: &[u8; 32], part: usize) -> Self::F;
    /// One part of 16 unsigned bytes as floats.
    fn bytes(self, v: &[u8; 16], part: usize) -> Self::F;
    /// One part of 16 signed bytes as floats.
    fn signed_bytes(self, v: &[u8; 16], part: usize) -> Self::F;
    /// Stores one part of 16 floats.
    fn store(self, v: Self::F, part: usize, out: &mut Column16);
    /// All lanes set to `x`.
    fn splat_float(self, x: f32) -> Self::F;
    /// Lane-wise product.
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// Lane-wise sum.
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// Lane-wise difference.
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
}

/// 2^112, which moves a half-precision exponent to where single precision has it.
pub(crate) const HALF_SCALE: f32 = f32::from_bits(0x7780_0000);

/// A finite half-precision number as a float, exactly.
pub(crate) fn half_to_float(bits: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * HALF_SCALE;
    f32::from_bits(magnitude.to_bits() | (u32::from(bits & 0x8000) << 16))
}

/// Rows computed together against weights held in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// For 16 registers.
    Four,
    /// For 32 registers.
    Eight,
}

/// The plain Rust implementation, for processors without AVX2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

fn halves(v: [u8; 64]) -> [i16; 32] {
    std::array::from_fn(|i| i16::from_le_bytes([v[2 * i], v[2 * i + 1]]))
}

fn words(v: [u8; 64]) -> [i32; 16] {
    std::array::from_fn(|i| i32::from_le_bytes(std::array::from_fn(|j| v[4 * i + j])))
}

fn from_halves(v: [i16; 32]) -> [u8; 64] {
    std::array::from_fn(|i| v[i / 2].to_le_bytes()[i % 2])
}

fn from_words(v: [i32; 16]) -> [u8; 64] {
    std::array::from_fn(|i| v[i / 4].to_le_bytes()[i % 4])
}

impl Lanes for Portable {
    type I = [u8; 64];
    type F = Column16;
    const PARTS: usize = 1;
    const ROWS: Rows = Rows::Four;

    #[inline(always)]
    fn load(self, line: &Line, _: usize) -> [u8; 64] {
        line.0
    }

    #[inline(always)]
    fn splat(self, x: i32) -> [u8; 64] {
        from_words([x; 16])
    }

    #[inline(always)]
    fn low_nibbles(self, v: [u8; 64]) -> [u8; 64] {
        v.map(|b| b & 15)
    }

    #[inline(always)]
    fn high_nibbles(self, v: [u8; 64]) -> [u8; 64] {
        v.map(|b| b >> 4)
    }

    #[inline(always)]
    fn pick<const LEFT: u32, const RIGHT: u32>(self, v: [u8; 64], mask: u8) -> [u8; 64] {
        v.map(|b| (b << LEFT >> RIGHT) & mask)
    }

    #[inline(always)]
    fn or(self, a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
        std::array::from_fn(|i| a[i] | b[i])
    }

    #[inline(always)]
    fn dot2(self, unsigned: [u8; 64], signed: [u8; 64]) -> [u8; 64] {
        let product = |i: usize| i16::from(unsigned[i]) * i16::from(signed[i].cast_signed());
        from_halves(std::array::from_fn(|i| product(2 * i) + product(2 * i + 1)))
    }

    #[inline(always)]
    fn add16(self, a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
        let (a, b) = (halves(a), halves(b));
        from_halves(std::array::from_fn(|i| a[i].wrapping_add(b[i])))
    }

    #[inline(always)]
    fn widen(self, v: [u8; 64]) -> [u8; 64] {
        let v = halves(v);
        from_words(std::array::from_fn(|i| i32::from(v[2 * i]) + i32::from(v[2 * i + 1])))
    }

    #[inline(always)]
    fn add32(self, a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
        let (a, b) = (words(a), words(b));
        from_words(std::array::from_fn(|i| a[i].wrapping_add(b[i])))
    }

    #[inline(always)]
    fn times16(self, v: [u8; 64]) -> [u8; 64] {
        from_words(words(v).map(|x| x << 4))
    }

    #[inline(always)]
    fn to_float(self, v: [u8; 64]) -> Column16 {
        words(v).map(|x| x as f32)
    }

    #[inline(always)]
    fn halves(self, v: &[u8; 32], _: usize) -> Column16 {
        std::array::from_fn(|i| half_to_float(u16::from_le_bytes([v[2 * i], v[2 * i + 1]])))
    }

    #[inline(always)]
    fn bytes(self, v: &[u8; 16], _: usize) -> Column16 {
        v.map(f32::from)
    }

    #[inline(always)]
    fn signed_bytes(self, v: &[u8; 16], _: usize) -> Column16 {
        v.map(|b| f32::from(b.cast_signed()))
    }

    #[inline(always)]
    fn store(self, v: Column16, _: usize, out: &mut Column16) {
        *out = v;
    }

    #[inline(always)]
    fn splat_float(self, x: f32) -> Column16 {
        [x; 16]
    }

    #[inline(always)]
    fn mul(self, a: Column16, b: Column16) -> Column16 {
        std::array::from_fn(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn add(self, a: Column16, b: Column16) -> Column16 {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Column16, b: Column16) -> Column16 {
        std::array::from_fn(|i| a[i] - b[i])
    }
}
