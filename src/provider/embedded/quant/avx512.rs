//! [`Lanes`] on AVX-512 (F, BW, DQ, VL): one register holds a whole line.

use std::arch::x86_64::{__m512, __m512i};

use pulp::x86::V4;

use super::lanes::{Column16, Lanes, Line, Rows};

impl Lanes for V4 {
    type I = __m512i;
    type F = __m512;
    const PARTS: usize = 1;
    const ROWS: Rows = Rows::Eight;

    #[inline(always)]
    fn load(self, line: &Line, _: usize) -> __m512i {
        pulp::cast(line.0)
    }

    #[inline(always)]
    fn splat(self, x: i32) -> __m512i {
        self.avx512f._mm512_set1_epi32(x)
    }

    #[inline(always)]
    fn low_nibbles(self, v: __m512i) -> __m512i {
        self.pick::<0, 0>(v, 15)
    }

    #[inline(always)]
    fn high_nibbles(self, v: __m512i) -> __m512i {
        self.pick::<0, 4>(v, 15)
    }

    #[inline(always)]
    fn pick<const LEFT: u32, const RIGHT: u32>(self, v: __m512i, mask: u8) -> __m512i {
        let v = if LEFT > 0 { self.avx512bw._mm512_slli_epi16::<LEFT>(v) } else { v };
        let v = if RIGHT > 0 { self.avx512bw._mm512_srli_epi16::<RIGHT>(v) } else { v };
        self.avx512f._mm512_and_si512(v, self.avx512f._mm512_set1_epi8(mask.cast_signed()))
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512f._mm512_or_si512(a, b)
    }

    #[inline(always)]
    fn dot2(self, unsigned: __m512i, signed: __m512i) -> __m512i {
        self.avx512bw._mm512_maddubs_epi16(unsigned, signed)
    }

    #[inline(always)]
    fn add16(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512bw._mm512_add_epi16(a, b)
    }

    #[inline(always)]
    fn widen(self, v: __m512i) -> __m512i {
        self.avx512bw._mm512_madd_epi16(v, self.avx512f._mm512_set1_epi16(1))
    }

    #[inline(always)]
    fn add32(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512f._mm512_add_epi32(a, b)
    }

    #[inline(always)]
    fn times16(self, v: __m512i) -> __m512i {
        self.avx512f._mm512_slli_epi32::<4>(v)
    }

    #[inline(always)]
    fn to_float(self, v: __m512i) -> __m512 {
        self.avx512f._mm512_cvtepi32_ps(v)
    }

    #[inline(always)]
    fn halves(self, v: &[u8; 32], _: usize) -> __m512 {
        self.avx512f._mm512_cvtph_ps(pulp::cast(*v))
    }

    #[inline(always)]
    fn bytes(self, v: &[u8; 16], _: usize) -> __m512 {
        self.to_float(self.avx512f._mm512_cvtepu8_epi32(pulp::cast(*v)))
    }

    #[inline(always)]
    fn signed_bytes(self, v: &[u8; 16], _: usize) -> __m512 {
        self.to_float(self.avx512f._mm512_cvtepi8_epi32(pulp::cast(*v)))
    }

    #[inline(always)]
    fn store(self, v: __m512, _: usize, out: &mut Column16) {
        *out = pulp::cast(v);
    }

    #[inline(always)]
    fn splat_float(self, x: f32) -> __m512 {
        self.avx512f._mm512_set1_ps(x)
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_mul_ps(a, b)
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_add_ps(a, b)
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_sub_ps(a, b)
    }
}
