//! The weight formats of GGUF this engine reads, and what they have in common.
//!
//! Every format stores small unsigned numbers ("quants") with a scale and often a minimum for each 32 (or
//! 16) of them. [`decode`] opens one [`Unit`] of a row without changing a single value; packing into
//! tiles and reading single embedding rows both start from there.

use candle_core::quantized::GgmlDType;

use super::lanes::half_to_float;

/// Quants that share one scale, except in Q6K.
pub(crate) const BLOCK: usize = 32;

/// A supported weight format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// 4 bits around 8.
    Q4_0,
    /// 4 bits with a minimum.
    Q4_1,
    /// 5 bits around 16.
    Q5_0,
    /// 5 bits with a minimum.
    Q5_1,
    /// 8 bits, signed.
    Q8_0,
    /// 4 bits, scales and minima of their own scale for each 256.
    Q4K,
    /// 5 bits, as Q4K.
    Q5K,
    /// 6 bits around 32, a scale for each 16.
    Q6K,
}

impl Format {
    /// The format of a GGUF tensor type, where it is one of ours.
    pub(crate) fn of(dtype: GgmlDType) -> Option<Self> {
        Some(match dtype {
            GgmlDType::Q4_0 => Self::Q4_0,
            GgmlDType::Q4_1 => Self::Q4_1,
            GgmlDType::Q5_0 => Self::Q5_0,
            GgmlDType::Q5_1 => Self::Q5_1,
            GgmlDType::Q8_0 => Self::Q8_0,
            GgmlDType::Q4K => Self::Q4K,
            GgmlDType::Q5K => Self::Q5K,
            GgmlDType::Q6K => Self::Q6K,
            _ => return None,
        })
    }

    /// Weights in one unit: the smallest piece of a row that is packed on its own.
    pub(crate) const fn unit(self) -> usize {
        match self {
            Self::Q4K | Self::Q5K | Self::Q6K => 256,
            _ => 2 * BLOCK,
        }
    }

    /// Bytes of one unit in a GGUF file.
    pub(crate) const fn unit_bytes(self) -> usize {
        match self {
            Self::Q4_0 => 2 * 18,
            Self::Q4_1 => 2 * 20,
            Self::Q5_0 => 2 * 22,
            Self::Q5_1 => 2 * 24,
            Self::Q8_0 => 2 * 34,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// Lines the quants of one block of one tile take when packed.
    pub(crate) const fn planes(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q4_1 | Self::Q4K => 4,
            Self::Q5_0 | Self::Q5_1 | Self::Q5K => 5,
            Self::Q6K => 6,
            Self::Q8_0 => 8,
        }
    }

    /// Lines of scales in front of the quants of a unit.
    pub(crate) const fn header(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => 1,
            Self::Q4_1 | Self::Q5_1 => 2,
            Self::Q4K | Self::Q5K | Self::Q6K => 5,
        }
    }

    /// Lines of one unit of one tile.
    pub(crate) const fn lines(self) -> usize {
        self.header() + self.unit() / BLOCK * self.planes()
    }
}

/// One unit of one row, opened.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// The unsigned quants in order; only the first [`Format::unit`] count.
    pub(crate) quants: [u8; 256],
    /// Half-precision numbers: scale and minimum of both blocks, or of the whole unit.
    pub(crate) halves: [[u8; 2]; 4],
    /// Q4K, Q5K: 8 scales, then 8 minima. Q6K: 16 signed scales.
    pub(crate) small: [u8; 16],
}

/// Opens one unit. `raw` holds exactly [`Format::unit_bytes`] bytes.
pub(crate) fn decode(format: Format, raw: &[u8]) -> Unit {
    let mut unit = Unit { quants: [0; 256], halves: [[0; 2]; 4], small: [0; 16] };
    match format {
        Format::Q4K | Format::Q5K => decode_k(format, raw, &mut unit),
        Format::Q6K => decode_q6k(raw, &mut unit),
        _ => {
            let size = raw.len() / 2;
            for (b, block) in raw.chunks_exact(size).enumerate() {
                decode_block(format, block, b, &mut unit);
            }
        }
    }
    unit
}

fn decode_block(format: Format, raw: &[u8], block: usize, unit: &mut Unit) {
    let out = &mut unit.quants[block * BLOCK..][..BLOCK];
    unit.halves[2 * block] = [raw[0], raw[1]];
    let mut rest = &raw[2..];
    if matches!(format, Format::Q4_1 | Format::Q5_1) {
        unit.halves[2 * block + 1] = [raw[2], raw[3]];
        rest = &raw[4..];
    }
    if format == Format::Q8_0 {
        for (q, &x) in out.iter_mut().zip(rest) {
            *q = x ^ 0x80;
        }
        return;
    }
    let mut fifth = 0;
    if matches!(format, Format::Q5_0 | Format::Q5_1) {
        fifth = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
        rest = &rest[4..];
    }
    for (i, &x) in rest.iter().enumerate() {
        out[i] = (x & 15) | bit(fifth, i) << 4;
        out[i + 16] = (x >> 4) | bit(fifth, i + 16) << 4;
    }
}

fn bit(bits: u32, i: usize) -> u8 {
    u8::from(bits >> i & 1 == 1)
}

fn decode_k(format: Format, raw: &[u8], unit: &mut Unit) {
    unit.halves[0] = [raw[0], raw[1]];
    unit.halves[1] = [raw[2], raw[3]];
    let packed = &raw[4..16];
    for j in 0..8 {
        let (scale, min) = if j < 4 {
            (packed[j] & 63, packed[j + 4] & 63)
        } else {
            (packed[j + 4] & 15 | packed[j - 4] >> 6 << 4, packed[j + 4] >> 4 | packed[j] >> 6 << 4)
        };
        unit.small[j] = scale;
        unit.small[8 + j] = min;
    }
    let (high, low) = if format == Format::Q5K { raw[16..].split_at(32) } else { (&[][..], &raw[16..]) };
    for (c, chunk) in low.chunks_exact(32).enumerate() {
        for (j, &x) in chunk.iter().enumerate() {
            let h = high.get(j).map_or(0, |h| h >> (2 * c));
            unit.quants[c * 64 + j] = x & 15 | (h & 1) << 4;
            unit.quants[c * 64 + 32 + j] = x >> 4 | (h >> 1 & 1) << 4;
        }
    }
}

fn decode_q6k(raw: &[u8], unit: &mut Unit) {
    unit.small.copy_from_slice(&raw[192..208]);
    unit.halves[0] = [raw[208], raw[209]];
    for half in 0..2 {
        let low = &raw[half * 64..][..64];
        let high = &raw[128 + half * 32..][..32];
        let out = &mut unit.quants[half * 128..][..128];
        for j in 0..32 {
            out[j] = low[j] & 15 | (high[j] & 3) << 4;
            out[j + 32] = low[j + 32] & 15 | (high[j] >> 2 & 3) << 4;
            out[j + 64] = low[j] >> 4 | (high[j] >> 4 & 3) << 4;
            out[j + 96] = low[j + 32] >> 4 | (high[j] >> 6) << 4;
        }
    }
}

/// Turns the raw bytes of a row (or part of one) into floats.
pub(crate) fn dequantise(format: Format, raw: &[u8], out: &mut [f32]) {
    for (raw, out) in raw.chunks_exact(format.unit_bytes()).zip(out.chunks_exact_mut(format.unit())) {
        let unit = decode(format, raw);
        let halves = unit.halves.map(|h| half_to_float(u16::from_le_bytes(h)));
        for (i, x) in out.iter_mut().enumerate() {
            let b = i / BLOCK;
            let (scale, min) = match format {
                Format::Q4_0 => (halves[2 * b], -8.0 * halves[2 * b]),
                Format::Q5_0 => (halves[2 * b], -16.0 * halves[2 * b]),
                Format::Q8_0 => (halves[2 * b], -128.0 * halves[2 * b]),
                Format::Q4_1 | Format::Q5_1 => (halves[2 * b], halves[2 * b + 1]),
                Format::Q4K | Format::Q5K => {
                    (halves[0] * f32::from(unit.small[b]), -halves[1] * f32::from(unit.small[8 + b]))
                }
                Format::Q6K => {
                    let scale = halves[0] * f32::from(unit.small[i / 16].cast_signed());
                    (scale, -32.0 * scale)
                }
            };
            *x = scale * f32::from(unit.quants[i]) + min;
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn reads_every_format_as_candle_does() {
        for dtype in [
            GgmlDType::Q4_0,
            GgmlDType::Q4_1,
            GgmlDType::Q5_0,
            GgmlDType::Q5_1,
            GgmlDType::Q8_0,
            GgmlDType::Q4K,
            GgmlDType::Q5K,
            GgmlDType::Q6K,
        ] {
            let values: Vec<f32> = (0..1024_u16).map(|i| (f32::from(i) * 0.37).sin()).collect();
            let source = Tensor::from_vec(values, (2, 512), &Device::Cpu).unwrap();
            let tensor = QTensor::quantize(&source, dtype).unwrap();
            let expected: Vec<f32> =
                tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let format = Format::of(dtype).unwrap();
            let mut out = vec![0.0; 1024];
            dequantise(format, &tensor.data().unwrap(), &mut out);
            for (a, b) in out.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-5, "{dtype:?}: {a} {b}");
            }
        }
    }
}
