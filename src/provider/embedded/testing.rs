//! A tiny model with random weights, for tests that need no download.

use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// Tokens the tiny model holds.
pub(super) const CONTEXT: usize = 200;

const WIDTH: usize = 64;
const FEED: usize = 128;
const LAYERS: usize = 2;

/// Writes the model into `dir`. Its tokens are the 256 bytes and the special tokens of ChatML.
pub(super) fn tiny_model(dir: &Path, architecture: &str) -> PathBuf {
    let path = dir.join(format!("{architecture}.gguf"));
    let tokens = tokens();
    let types = (0..tokens.len()).map(|i| Value::I32(if (256..258).contains(&i) { 3 } else { 1 }));
    let number = |n: usize| Value::U32(n as u32);
    let text = |s: &str| Value::String(s.to_owned());
    let own = |key: &str| format!("{architecture}.{key}");
    let metadata = [
        ("general.architecture".to_owned(), text(architecture)),
        (own("embedding_length"), number(WIDTH)),
        (own("block_count"), number(LAYERS)),
        (own("context_length"), number(CONTEXT)),
        (own("attention.head_count"), number(2)),
        (own("attention.head_count_kv"), number(1)),
        (own("attention.layer_norm_rms_epsilon"), Value::F32(1e-6)),
        ("tokenizer.ggml.model".to_owned(), text("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), text("qwen2")),
        ("tokenizer.ggml.types".to_owned(), text("bytes")),
        ("tokenizer.ggml.token_type".to_owned(), Value::Array(types.collect())),
        ("tokenizer.ggml.merges".to_owned(), Value::Array(vec![text("a b")])),
        ("tokenizer.ggml.eos_token_id".to_owned(), number(257)),
        (
            "tokenizer.ggml.tokens".to_owned(),
            Value::Array(tokens.iter().map(|t| Value::String(t.clone())).collect()),
        ),
    ];
    let mut tensors = vec![
        ("token_embd.weight".to_owned(), matrix(tokens.len(), WIDTH, 1)),
        ("output_norm.weight".to_owned(), ones()),
    ];
    for i in 0..LAYERS {
        let shapes = [
            ("attn_q", WIDTH, WIDTH),
            ("attn_k", WIDTH / 2, WIDTH),
            ("attn_v", WIDTH / 2, WIDTH),
            ("attn_output", WIDTH, WIDTH),
            ("ffn_gate", FEED, WIDTH),
            ("ffn_up", FEED, WIDTH),
            ("ffn_down", WIDTH, FEED),
        ];
        for (seed, (name, n, k)) in shapes.into_iter().enumerate() {
            tensors.push((format!("blk.{i}.{name}.weight"), matrix(n, k, 10 * i + seed + 2)));
        }
        tensors.push((format!("blk.{i}.attn_norm.weight"), ones()));
        tensors.push((format!("blk.{i}.ffn_norm.weight"), ones()));
    }
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    write(&mut File::create(&path).unwrap(), &metadata, &tensors).unwrap();
    path
}

/// GPT-2's characters for the 256 bytes, two special tokens, and fillers up to a multiple of 16.
fn tokens() -> Vec<String> {
    let mut next = 256;
    let bytes = (0..=255_u32).map(|b| {
        let printable = matches!(b, 33..=126 | 161..=172 | 174..=255);
        let code = if printable {
            b
        } else {
            next += 1;
            next - 1
        };
        char::from_u32(code).unwrap().to_string()
    });
    let mut tokens: Vec<String> = bytes.collect();
    tokens.extend(["<|im_start|>", "<|im_end|>"].map(str::to_owned));
    tokens.push("ab".to_owned());
    tokens.extend((tokens.len()..272).map(|i| format!("filler{i}")));
    tokens
}

fn matrix(n: usize, k: usize, seed: usize) -> QTensor {
    let noise = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
    let values: Vec<f32> = (0..n * k).map(|i| noise(i) * noise(i / 3) * 0.5).collect();
    let tensor = Tensor::from_vec(values, (n, k), &Device::Cpu).unwrap();
    QTensor::quantize(&tensor, GgmlDType::Q8_0).unwrap()
}

fn ones() -> QTensor {
    let tensor = Tensor::from_vec(vec![1.0_f32; WIDTH], WIDTH, &Device::Cpu).unwrap();
    QTensor::quantize(&tensor, GgmlDType::F32).unwrap()
}
