//! Reading GGUF files: metadata and raw tensors, with errors that name the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, Value};

use super::error::EmbeddedError;

/// An open GGUF file.
#[derive(Debug)]
pub(super) struct Gguf {
    path: PathBuf,
    file: BufReader<File>,
    content: Content,
}

/// A tensor as it lies in the file.
#[derive(Debug)]
pub(super) struct RawTensor {
    /// How the numbers are stored.
    pub(super) dtype: GgmlDType,
    /// The length of each row: the innermost dimension.
    pub(super) row: usize,
    /// The number of rows.
    pub(super) rows: usize,
    /// The stored bytes.
    pub(super) bytes: Vec<u8>,
}

impl Gguf {
    /// Opens a file and reads everything but the tensors.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        let file = File::open(path).map_err(|e| EmbeddedError::io("read", path, e))?;
        let mut file = BufReader::new(file);
        let content = Content::read(&mut file)
            .map_err(|e| EmbeddedError::BadFile { path: path.to_owned(), reason: e.to_string() })?;
        Ok(Self { path: path.to_owned(), file, content })
    }

    /// Metadata and tensor list.
    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// A text value.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.content.metadata.get(key)?.to_string().ok().map(String::as_str)
    }

    /// A whole number, whatever its width in the file.
    pub(super) fn number(&self, key: &str) -> Option<usize> {
        let value = self.content.metadata.get(key)?;
        let value = value.to_u64().ok().or_else(|| match value {
            Value::I32(v) => u64::try_from(*v).ok(),
            Value::I64(v) => u64::try_from(*v).ok(),
            _ => None,
        })?;
        usize::try_from(value).ok()
    }

    /// A floating-point number.
    pub(super) fn float(&self, key: &str) -> Option<f32> {
        self.content.metadata.get(key)?.to_f32().ok()
    }

    /// Whether the file holds this tensor.
    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Reads one tensor of one or two dimensions.
    pub(super) fn tensor(&mut self, name: &str) -> Result<RawTensor, EmbeddedError> {
        let info = self
            .content
            .tensor_infos
            .get(name)
            .ok_or_else(|| self.bad(format!("the tensor `{name}` is missing")))?;
        let (rows, row) = match *info.shape.dims() {
            [row] => (1, row),
            [rows, row] => (rows, row),
            _ => return Err(self.bad(format!("the tensor `{name}` has too many dimensions"))),
        };
        let dtype = info.ggml_dtype;
        if row % dtype.block_size() != 0 {
            return Err(self.bad(format!("the rows of tensor `{name}` are cut")));
        }
        let position = self.content.tensor_data_offset.saturating_add(info.offset);
        let size = row
            .checked_mul(rows)
            .and_then(|n| (n / dtype.block_size()).checked_mul(dtype.type_size()))
            .ok_or_else(|| self.bad(format!("the tensor `{name}` is too large")))?;
        let length = self.file.get_ref().metadata().map_or(0, |m| m.len());
        if position.saturating_add(size as u64) > length {
            return Err(self.bad(format!(
                "the tensor `{name}` should end at byte {}, but the file has {length}",
                position.saturating_add(size as u64)
            )));
        }
        let mut bytes = vec![0; size];
        let path = self.path.clone();
        self.file
            .seek(SeekFrom::Start(position))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|e| EmbeddedError::io("read", path, e))?;
        Ok(RawTensor { dtype, row, rows, bytes })
    }

    /// An error about damaged content.
    pub(super) fn bad(&self, reason: impl Into<String>) -> EmbeddedError {
        EmbeddedError::BadFile { path: self.path.clone(), reason: reason.into() }
    }

    /// An error about content this engine does not know.
    pub(super) fn unsupported(&self, reason: impl Into<String>) -> EmbeddedError {
        EmbeddedError::Unsupported { path: self.path.clone(), reason: reason.into() }
    }
}
