//! The shape of a model, read from the metadata of its file.

use super::error::EmbeddedError;
use super::gguf::Gguf;

/// No more context than this is ever used, however much a model was trained with.
const MAX_CONTEXT: usize = 32_768;

/// Sizes and constants of a llama-like model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    /// Width of the residual stream.
    pub(super) width: usize,
    /// Number of layers.
    pub(super) layers: usize,
    /// Number of query heads.
    pub(super) heads: usize,
    /// Number of key and value heads.
    pub(super) kv_heads: usize,
    /// Width of one head.
    pub(super) head: usize,
    /// Tokens the model can hold.
    pub(super) context: usize,
    /// Added to the mean square before its root is taken.
    pub(super) epsilon: f32,
    /// The base of the rotary frequencies.
    pub(super) rope_base: f32,
    /// Whether rotary pairs are neighbours (llama files) or half a head apart (qwen2 files).
    pub(super) neighbours: bool,
}

impl Shape {
    /// Reads the shape, or says why this model cannot be run.
    pub(super) fn read(gguf: &Gguf) -> Result<Self, EmbeddedError> {
        let arch =
            gguf.text("general.architecture").ok_or_else(|| gguf.bad("it does not name its architecture"))?;
        if arch != "llama" && arch != "qwen2" {
            return Err(gguf.unsupported(format!(
                "its architecture is `{arch}`; this engine knows `llama` and `qwen2`"
            )));
        }
        let scaling = gguf.text(&format!("{arch}.rope.scaling.type"));
        if let Some(scaling) = scaling.filter(|&s| s != "none") {
            return Err(gguf.unsupported(format!("it uses rope scaling of type `{scaling}`")));
        }
        let number = |key: &str| {
            gguf.number(&format!("{arch}.{key}"))
                .filter(|&n| n > 0)
                .ok_or_else(|| gguf.bad(format!("`{arch}.{key}` is missing")))
        };
        let optional = |key: &str| gguf.number(&format!("{arch}.{key}")).filter(|&n| n > 0);
        if optional("expert_count").is_some() {
            return Err(gguf.unsupported("it is a mixture of experts"));
        }
        let (width, heads) = (number("embedding_length")?, number("attention.head_count")?);
        let kv_heads = optional("attention.head_count_kv").unwrap_or(heads);
        let head = optional("attention.key_length").unwrap_or(width / heads);
        if heads % kv_heads != 0 || head % 16 != 0 || head == 0 {
            return Err(gguf.unsupported(format!(
                "{heads} query heads, {kv_heads} key heads of width {head} do not fit this engine"
            )));
        }
        if optional("rope.dimension_count").is_some_and(|n| n != head) {
            return Err(gguf.unsupported("it rotates only part of each head"));
        }
        let epsilon = gguf
            .float(&format!("{arch}.attention.layer_norm_rms_epsilon"))
            .ok_or_else(|| gguf.bad("the norm epsilon is missing"))?;
        Ok(Self {
            width,
            layers: number("block_count")?,
            heads,
            kv_heads,
            head,
            context: number("context_length")?.min(MAX_CONTEXT),
            epsilon,
            rope_base: gguf.float(&format!("{arch}.rope.freq_base")).unwrap_or(10_000.0),
            neighbours: arch == "llama",
        })
    }
}
