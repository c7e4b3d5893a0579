//! [`Lanes`] on AVX2: two registers hold a line.

use std::arch::x86_64::{__m128i, __m256, __m256i};

use pulp::x86::V3;

use super::lanes::{Column16, HALF_SCALE, Lanes, Line};

type Pair = [__m256i; 2];
type FloatPair = [__m256; 2];

#[inline(always)]
fn each(a: Pair, f: impl Fn(__m256i) -> __m256i) -> Pair {
    [f(a[0]), f(a[1])]
}

#[inline(always)]
fn both(a: Pair, b: Pair, f: impl Fn(__m256i, __m256i) -> __m256i) -> Pair {
    [f(a[0], b[0]), f(a[1], b[1])]
}

#[inline(always)]
fn floats(a: FloatPair, b: FloatPair, f: impl Fn(__m256, __m256) -> __m256) -> FloatPair {
    [f(a[0], b[0]), f(a[1], b[1])]
}

/// Eight bytes in the low half of a register.
trait LowHalf {
    fn low_half(self, v: [u8; 8]) -> __m128i;
}

impl LowHalf for V3 {
    #[inline(always)]
    fn low_half(self, v: [u8; 8]) -> __m128i {
        pulp::cast([u64::from_le_bytes(v), 0])
    }
}

impl Lanes for V3 {
    type I = Pair;
    type F = FloatPair;

    #[inline(always)]
    fn load(self, line: &Line) -> Pair {
        pulp::cast(line.0)
    }

    #[inline(always)]
    fn splat(self, x: i32) -> Pair {
        [self.avx._mm256_set1_epi32(x); 2]
    }

    #[inline(always)]
    fn low_nibbles(self, v: Pair) -> Pair {
        self.pick::<0, 0>(v, 15)
    }

    #[inline(always)]
    fn high_nibbles(self, v: Pair) -> Pair {
        self.pick::<0, 4>(v, 15)
    }

    #[inline(always)]
    fn pick<const LEFT: u32, const RIGHT: u32>(self, v: Pair, mask: u8) -> Pair {
        let left = self.sse2._mm_cvtsi32_si128(LEFT.cast_signed());
        let right = self.sse2._mm_cvtsi32_si128(RIGHT.cast_signed());
        let v = if LEFT > 0 { each(v, |v| self.avx2._mm256_sll_epi16(v, left)) } else { v };
        let v = if RIGHT > 0 { each(v, |v| self.avx2._mm256_srl_epi16(v, right)) } else { v };
        let mask = self.avx._mm256_set1_epi8(mask.cast_signed());
        each(v, |v| self.avx2._mm256_and_si256(v, mask))
    }

    #[inline(always)]
    fn or(self, a: Pair, b: Pair) -> Pair {
        both(a, b, |a, b| self.avx2._mm256_or_si256(a, b))
    }

    #[inline(always)]
    fn dot2(self, unsigned: Pair, signed: Pair) -> Pair {
        both(unsigned, signed, |a, b| self.avx2._mm256_maddubs_epi16(a, b))
    }

    #[inline(always)]
    fn add16(self, a: Pair, b: Pair) -> Pair {
        both(a, b, |a, b| self.avx2._mm256_add_epi16(a, b))
    }

    #[inline(always)]
    fn widen(self, v: Pair) -> Pair {
        let ones = self.avx._mm256_set1_epi16(1);
        each(v, |v| self.avx2._mm256_madd_epi16(v, ones))
    }

    #[inline(always)]
    fn add32(self, a: Pair, b: Pair) -> Pair {
        both(a, b, |a, b| self.avx2._mm256_add_epi32(a, b))
    }

    #[inline(always)]
    fn times16(self, v: Pair) -> Pair {
        each(v, |v| self.avx2._mm256_slli_epi32::<4>(v))
    }

    #[inline(always)]
    fn to_float(self, v: Pair) -> FloatPair {
        v.map(|v| self.avx._mm256_cvtepi32_ps(v))
    }

    #[inline(always)]
    fn halves(self, v: &[u8; 32]) -> FloatPair {
        let parts: [__m128i; 2] = pulp::cast(*v);
        parts.map(|part| {
            let bits = self.avx2._mm256_cvtepu16_epi32(part);
            let sign = self.avx2._mm256_and_si256(bits, self.avx._mm256_set1_epi32(0x8000));
            let rest = self.avx2._mm256_and_si256(bits, self.avx._mm256_set1_epi32(0x7fff));
            let magnitude: __m256 = pulp::cast(self.avx2._mm256_slli_epi32::<13>(rest));
            let magnitude = self.avx._mm256_mul_ps(magnitude, self.avx._mm256_set1_ps(HALF_SCALE));
            let sign = pulp::cast(self.avx2._mm256_slli_epi32::<16>(sign));
            self.avx._mm256_or_ps(magnitude, sign)
        })
    }

    #[inline(always)]
    fn bytes(self, v: &[u8; 16]) -> FloatPair {
        let parts: [[u8; 8]; 2] = pulp::cast(*v);
        self.to_float(parts.map(|p| self.avx2._mm256_cvtepu8_epi32(self.low_half(p))))
    }

    #[inline(always)]
    fn signed_bytes(self, v: &[u8; 16]) -> FloatPair {
        let parts: [[u8; 8]; 2] = pulp::cast(*v);
        self.to_float(parts.map(|p| self.avx2._mm256_cvtepi8_epi32(self.low_half(p))))
    }

    #[inline(always)]
    fn load_float(self, v: &Column16) -> FloatPair {
        pulp::cast(*v)
    }

    #[inline(always)]
    fn store_float(self, v: FloatPair) -> Column16 {
        pulp::cast(v)
    }

    #[inline(always)]
    fn splat_float(self, x: f32) -> FloatPair {
        [self.avx._mm256_set1_ps(x); 2]
    }

    #[inline(always)]
    fn mul(self, a: FloatPair, b: FloatPair) -> FloatPair {
        floats(a, b, |a, b| self.avx._mm256_mul_ps(a, b))
    }

    #[inline(always)]
    fn add(self, a: FloatPair, b: FloatPair) -> FloatPair {
        floats(a, b, |a, b| self.avx._mm256_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: FloatPair, b: FloatPair) -> FloatPair {
        floats(a, b, |a, b| self.avx._mm256_sub_ps(a, b))
    }
}
