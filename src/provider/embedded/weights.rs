//! Loading a model: tensors read one by one and packed for the processor.

use super::error::EmbeddedError;
use super::gguf::{Gguf, RawTensor};
use super::quant::{Format, Matrix, dequantise};
use super::rope::Rope;
use super::shape::Shape;

/// A matrix with its bias.
#[derive(Debug)]
pub(super) struct Linear {
    /// The weights.
    pub(super) matrix: Matrix,
    /// Added to each row of the result.
    pub(super) bias: Option<Vec<f32>>,
}

/// The weights of one layer.
#[derive(Debug)]
pub(super) struct Layer {
    /// Norm before attention.
    pub(super) attention_norm: Vec<f32>,
    /// Queries, keys, values.
    pub(super) qkv: [Linear; 3],
    /// From the heads back to the stream.
    pub(super) output: Linear,
    /// Norm before the feed-forward part.
    pub(super) feed_norm: Vec<f32>,
    /// The gate.
    pub(super) gate: Linear,
    /// What is gated.
    pub(super) up: Linear,
    /// Back to the stream.
    pub(super) down: Linear,
}

/// Token embeddings, opened row by row.
#[derive(Debug)]
pub(super) struct Embedding {
    format: Format,
    width: usize,
    bytes: Vec<u8>,
}

/// All weights of a model.
#[derive(Debug)]
pub(super) struct Weights {
    /// Sizes and constants.
    pub(super) shape: Shape,
    /// Token embeddings.
    pub(super) embedding: Embedding,
    /// The layers, first to last.
    pub(super) layers: Vec<Layer>,
    /// Norm before the last matrix.
    pub(super) norm: Vec<f32>,
    /// From the stream to one number per token.
    pub(super) head: Linear,
    /// Rotary embedding.
    pub(super) rope: Rope,
}

impl Weights {
    /// Reads and packs everything.
    pub(super) fn load(gguf: &mut Gguf) -> Result<Self, EmbeddedError> {
        let shape = Shape::read(gguf)?;
        let factors = if gguf.has("rope_freqs.weight") {
            Some(floats(gguf, "rope_freqs.weight", shape.head / 2)?)
        } else {
            None
        };
        let rope = Rope::new(&shape, factors.as_deref());
        let raw = gguf.tensor("token_embd.weight")?;
        let vocabulary = raw.rows;
        let tied = !gguf.has("output.weight");
        let head = if tied {
            Linear { matrix: pack(gguf, "token_embd.weight", &raw)?, bias: None }
        } else {
            linear(gguf, "output", vocabulary, shape.width)?
        };
        let embedding = embedding(gguf, raw, shape.width)?;
        let layers =
            (0..shape.layers).map(|i| layer(gguf, &shape, i)).collect::<Result<_, EmbeddedError>>()?;
        let norm = floats(gguf, "output_norm.weight", shape.width)?;
        Ok(Self { shape, embedding, layers, norm, head, rope })
    }
}

impl Embedding {
    /// Appends the rows of `ids` to `out`. Unknown ids read as zeros.
    pub(super) fn read(&self, ids: &[u32], out: &mut Vec<f32>) {
        let size = self.width / self.format.unit() * self.format.unit_bytes();
        for &id in ids {
            let start = out.len();
            out.resize(start + self.width, 0.0);
            if let Some(row) = self.bytes.chunks_exact(size).nth(id as usize) {
                dequantise(self.format, row, &mut out[start..]);
            }
        }
    }
}

fn layer(gguf: &mut Gguf, shape: &Shape, index: usize) -> Result<Layer, EmbeddedError> {
    let name = |part: &str| format!("blk.{index}.{part}");
    let (width, kv) = (shape.width, shape.kv_heads * shape.head);
    let heads = shape.heads * shape.head;
    let gate = name("ffn_gate");
    let feed = gguf.tensor(&format!("{gate}.weight"))?.rows;
    Ok(Layer {
        attention_norm: floats(gguf, &name("attn_norm.weight"), width)?,
        qkv: [
            linear(gguf, &name("attn_q"), heads, width)?,
            linear(gguf, &name("attn_k"), kv, width)?,
            linear(gguf, &name("attn_v"), kv, width)?,
        ],
        output: linear(gguf, &name("attn_output"), width, heads)?,
        feed_norm: floats(gguf, &name("ffn_norm.weight"), width)?,
        gate: linear(gguf, &gate, feed, width)?,
        up: linear(gguf, &name("ffn_up"), feed, width)?,
        down: linear(gguf, &name("ffn_down"), width, feed)?,
    })
}

fn linear(gguf: &mut Gguf, name: &str, n: usize, k: usize) -> Result<Linear, EmbeddedError> {
    let weight = format!("{name}.weight");
    let raw = gguf.tensor(&weight)?;
    if (raw.rows, raw.row) != (n, k) {
        return Err(
            gguf.bad(format!("the tensor `{weight}` is {} x {}, expected {n} x {k}", raw.rows, raw.row))
        );
    }
    let bias = format!("{name}.bias");
    let bias = if gguf.has(&bias) { Some(floats(gguf, &bias, n)?) } else { None };
    Ok(Linear { matrix: pack(gguf, &weight, &raw)?, bias })
}

fn pack(gguf: &Gguf, name: &str, raw: &RawTensor) -> Result<Matrix, EmbeddedError> {
    let format = format(gguf, name, raw)?;
    Matrix::pack(format, raw.rows, raw.row, &raw.bytes).ok_or_else(|| {
        gguf.unsupported(format!(
            "the tensor `{name}` is {} x {}; rows have to be multiples of {} and their number of 16",
            raw.rows,
            raw.row,
            format.unit()
        ))
    })
}

fn format(gguf: &Gguf, name: &str, raw: &RawTensor) -> Result<Format, EmbeddedError> {
    Format::of(raw.dtype)
        .ok_or_else(|| gguf.unsupported(format!("the tensor `{name}` is stored as {:?}", raw.dtype)))
}

fn embedding(gguf: &Gguf, raw: RawTensor, width: usize) -> Result<Embedding, EmbeddedError> {
    let format = format(gguf, "token_embd.weight", &raw)?;
    if raw.row != width || !width.is_multiple_of(format.unit()) {
        return Err(gguf.bad("the token embeddings have another width than the model"));
    }
    Ok(Embedding { format, width, bytes: raw.bytes })
}

/// A vector of plain floats.
fn floats(gguf: &mut Gguf, name: &str, length: usize) -> Result<Vec<f32>, EmbeddedError> {
    let raw = gguf.tensor(name)?;
    if raw.dtype != candle_core::quantized::GgmlDType::F32 || raw.row * raw.rows != length {
        return Err(gguf.bad(format!("the tensor `{name}` is not {length} floats")));
    }
    Ok(raw.bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
}
