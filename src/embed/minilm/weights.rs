//! Reading the weights: a safetensors file holds a length, a JSON table of tensors, and their numbers.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use pulp::Arch;
use serde::Deserialize;

use super::encoder::{Encoder, FEED, HIDDEN, Layer, Norm};
use super::product::{Linear, tile_width};
use crate::embed::EmbedError;

/// The longest table that is read; the real one has 11 KB.
const LONGEST_TABLE: u64 = 1 << 20;
/// Layers of the model.
const LAYERS: usize = 6;
/// Word pieces, and positions.
const WORDS: usize = 30_522;
const POSITIONS: usize = 512;

/// An open safetensors file.
struct Tensors<'a> {
    path: &'a Path,
    file: File,
    start: u64,
    table: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// Reads the model and packs it for the processor's instructions.
pub(super) fn read(path: &Path, arch: Arch) -> Result<Encoder, EmbedError> {
    let mut tensors = Tensors::open(path)?;
    let width = tile_width(arch);
    let mut layers = Vec::with_capacity(LAYERS);
    for index in 0..LAYERS {
        layers.push(layer(&mut tensors, &format!("encoder.layer.{index}"), width)?);
    }
    let words = tensors.read("embeddings.word_embeddings.weight", &[WORDS, HIDDEN])?;
    let positions = tensors.read("embeddings.position_embeddings.weight", &[POSITIONS, HIDDEN])?;
    let mut first_text = tensors.read("embeddings.token_type_embeddings.weight", &[2, HIDDEN])?;
    first_text.truncate(HIDDEN);
    let norm = norm(&mut tensors, "embeddings.LayerNorm")?;
    Ok(Encoder { arch, words, positions, first_text, norm, layers })
}

fn layer(tensors: &mut Tensors<'_>, name: &str, width: usize) -> Result<Layer, EmbedError> {
    let mut weights = Vec::with_capacity(3 * HIDDEN * HIDDEN);
    let mut bias = Vec::with_capacity(3 * HIDDEN);
    for part in ["query", "key", "value"] {
        let part = format!("{name}.attention.self.{part}");
        weights.extend(tensors.read(&format!("{part}.weight"), &[HIDDEN, HIDDEN])?);
        bias.extend(tensors.read(&format!("{part}.bias"), &[HIDDEN])?);
    }
    let mut linear = |part: &str, from: usize, to: usize| -> Result<Linear, EmbedError> {
        let weights = tensors.read(&format!("{name}.{part}.weight"), &[to, from])?;
        let bias = tensors.read(&format!("{name}.{part}.bias"), &[to])?;
        Ok(Linear::pack(&weights, bias, from, width))
    };
    Ok(Layer {
        attention: Linear::pack(&weights, bias, HIDDEN, width),
        output: linear("attention.output.dense", HIDDEN, HIDDEN)?,
        up: linear("intermediate.dense", HIDDEN, FEED)?,
        down: linear("output.dense", FEED, HIDDEN)?,
        attention_norm: norm(tensors, &format!("{name}.attention.output.LayerNorm"))?,
        norm: norm(tensors, &format!("{name}.output.LayerNorm"))?,
    })
}

fn norm(tensors: &mut Tensors<'_>, name: &str) -> Result<Norm, EmbedError> {
    let weight = tensors.read(&format!("{name}.weight"), &[HIDDEN])?;
    let bias = tensors.read(&format!("{name}.bias"), &[HIDDEN])?;
    Ok(Norm { weight, bias })
}

impl<'a> Tensors<'a> {
    fn open(path: &'a Path) -> Result<Self, EmbedError> {
        let bad = |reason: String| EmbedError::broken(path, reason);
        let mut file = File::open(path).map_err(|e| bad(e.to_string()))?;
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|e| bad(e.to_string()))?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_TABLE {
            return Err(bad(format!("its table of tensors would have {length} bytes")));
        }
        let mut json = vec![0; length as usize];
        file.read_exact(&mut json).map_err(|e| bad(e.to_string()))?;
        let values: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&json).map_err(|e| bad(format!("its table of tensors: {e}")))?;
        let entries =
            values.into_iter().filter_map(|(name, value)| Some((name, Entry::deserialize(value).ok()?)));
        Ok(Self { path, file, start: 8 + length, table: entries.collect() })
    }

    /// The numbers of a tensor that must have this shape.
    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let bad = |reason: String| EmbedError::broken(self.path, reason);
        let entry = self.table.get(name).ok_or_else(|| bad(format!("the tensor `{name}` is missing")))?;
        let (from, to) = entry.data_offsets;
        let count: usize = shape.iter().product();
        if entry.dtype != "F32" || entry.shape != shape || to.checked_sub(from) != Some(4 * count as u64) {
            return Err(bad(format!("the tensor `{name}` is not {shape:?} 32-bit floats")));
        }
        let mut bytes = vec![0; 4 * count];
        let at = SeekFrom::Start(self.start.saturating_add(from));
        self.file
            .seek(at)
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|e| bad(format!("the tensor `{name}`: {e}")))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, table: &str, numbers: &[f32]) -> std::path::PathBuf {
        let mut bytes = (table.len() as u64).to_le_bytes().to_vec();
        bytes.extend(table.bytes());
        bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        let path = dir.join("m.safetensors");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn tensors_are_read_by_name_and_shape() {
        let dir = tempfile::tempdir().unwrap();
        let table = r#"{"__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
            "b": {"dtype": "F32", "shape": [1, 2], "data_offsets": [8, 16]},
            "long": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}}"#;
        let path = file(dir.path(), table, &[1.0, 2.0, 3.0, -4.5]);
        let mut tensors = Tensors::open(&path).unwrap();
        assert_eq!(tensors.read("b", &[1, 2]).unwrap(), [3.0, -4.5]);
        assert_eq!(tensors.read("a", &[2]).unwrap(), [1.0, 2.0]);
        for (name, shape) in [("c", &[2][..]), ("a", &[3]), ("b", &[2]), ("long", &[4])] {
            let error = tensors.read(name, shape).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")) && error.contains("m.safetensors"), "{error}");
        }
    }

    #[test]
    fn a_file_of_something_else_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.safetensors");
        for bytes in
            [&b""[..], b"GGUF", b"<!doctype html><html>", b"\x02\0\0\0\0\0\0\0[]", b"\x09\0\0\0\0\0\0\0{}"]
        {
            std::fs::write(&path, bytes).unwrap();
            assert!(read(&path, Arch::Scalar).is_err(), "{bytes:?}");
        }
        assert!(read(&dir.path().join("absent"), Arch::Scalar).is_err());
    }
}
