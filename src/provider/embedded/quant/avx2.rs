//! [`Lanes`] on AVX2: a register holds half a line, the quants of eight columns.

use std::arch::x86_64::{__m128i, __m256, __m256i};

use pulp::x86::V3;

use super::lanes::{Column16, HALF_SCALE, Lanes, Line, Rows};

impl Lanes for V3 {
    type I = __m256i;
    type F = __m256;
    const PARTS: usize = 2;
    const ROWS: Rows = Rows::Four;

    #[inline(always)]
    fn load(self, line: &Line, part: usize) -> __m256i {
        let parts: &[[u8; 32]] = line.0.as_chunks().0;
        pulp::cast(parts[part])
    }

    #[inline(always)]
    fn splat(self, x: i32) -> __m256i {
        self.avx._mm256_set1_epi32(x)
    }

    #[inline(always)]
    fn low_nibbles(self, v: __m256i) -> __m256i {
        self.pick::<0, 0>(v, 15)
    }

    #[inline(always)]
    fn high_nibbles(self, v: __m256i) -> __m256i {
        self.pick::<0, 4>(v, 15)
    }

    #[inline(always)]
    fn pick<const LEFT: u32, const RIGHT: u32>(self, v: __m256i, mask: u8) -> __m256i {
        let left = self.sse2._mm_cvtsi32_si128(LEFT.cast_signed());
        let right = self.sse2._mm_cvtsi32_si128(RIGHT.cast_signed());
        let v = if LEFT > 0 { self.avx2._mm256_sll_epi16(v, left) } else { v };
        let v = if RIGHT > 0 { self.avx2._mm256_srl_epi16(v, right) } else { v };
        self.avx2._mm256_and_si256(v, self.avx._mm256_set1_epi8(mask.cast_signed()))
    }

    #[inline(always)]
    fn or(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_or_si256(a, b)
    }

    #[inline(always)]
    fn dot2(self, unsigned: __m256i, signed: __m256i) -> __m256i {
        self.avx2._mm256_maddubs_epi16(unsigned, signed)
    }

    #[inline(always)]
    fn add16(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_add_epi16(a, b)
    }

    #[inline(always)]
    fn widen(self, v: __m256i) -> __m256i {
        self.avx2._mm256_madd_epi16(v, self.avx._mm256_set1_epi16(1))
    }

    #[inline(always)]
    fn add32(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_add_epi32(a, b)
    }

    #[inline(always)]
    fn times16(self, v: __m256i) -> __m256i {
        self.avx2._mm256_slli_epi32::<4>(v)
    }

    #[inline(always)]
    fn to_float(self, v: __m256i) -> __m256 {
        self.avx._mm256_cvtepi32_ps(v)
    }

    #[inline(always)]
    fn halves(self, v: &[u8; 32], part: usize) -> __m256 {
        let parts: &[[u8; 16]] = v.as_chunks().0;
        let bits = self.avx2._mm256_cvtepu16_epi32(pulp::cast(parts[part]));
        let sign = self.avx2._mm256_and_si256(bits, self.avx._mm256_set1_epi32(0x8000));
        let rest = self.avx2._mm256_and_si256(bits, self.avx._mm256_set1_epi32(0x7fff));
        let magnitude: __m256 = pulp::cast(self.avx2._mm256_slli_epi32::<13>(rest));
        let magnitude = self.avx._mm256_mul_ps(magnitude, self.avx._mm256_set1_ps(HALF_SCALE));
        self.avx._mm256_or_ps(magnitude, pulp::cast(self.avx2._mm256_slli_epi32::<16>(sign)))
    }

    #[inline(always)]
    fn bytes(self, v: &[u8; 16], part: usize) -> __m256 {
        self.to_float(self.avx2._mm256_cvtepu8_epi32(eight(v, part)))
    }

    #[inline(always)]
    fn signed_bytes(self, v: &[u8; 16], part: usize) -> __m256 {
        self.to_float(self.avx2._mm256_cvtepi8_epi32(eight(v, part)))
    }

    #[inline(always)]
    fn store(self, v: __m256, part: usize, out: &mut Column16) {
        let parts: &mut [[f32; 8]] = out.as_chunks_mut().0;
        parts[part] = pulp::cast(v);
    }

    #[inline(always)]
    fn splat_float(self, x: f32) -> __m256 {
        self.avx._mm256_set1_ps(x)
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_mul_ps(a, b)
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_add_ps(a, b)
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_sub_ps(a, b)
    }
}

/// Eight of 16 bytes, in the low half of a register.
#[inline(always)]
fn eight(v: &[u8; 16], part: usize) -> __m128i {
    let parts: &[[u8; 8]] = v.as_chunks().0;
    pulp::cast([u64::from_le_bytes(parts[part]), 0])
}
