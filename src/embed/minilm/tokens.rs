//! Text to tokens.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::embed::EmbedError;

/// Tokens of a text that are read, the two that frame it included. The model was trained on 128 and is used with
/// 256 by its makers.
pub(super) const MOST_TOKENS: usize = 256;

/// Bytes of a text that are looked at, so that a text of megabytes costs no more than a long one.
const MOST_BYTES: usize = 1 << 14;

/// The model's tokenizer.
#[derive(Debug)]
pub(super) struct Tokens {
    tokenizer: Tokenizer,
    first: u32,
    last: u32,
}

impl Tokens {
    /// Reads `tokenizer.json`.
    pub(super) fn read(path: &Path) -> Result<Self, EmbedError> {
        let bad = |reason: String| EmbedError::broken(path, reason);
        let mut tokenizer = Tokenizer::from_file(path).map_err(|e| bad(e.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|e| bad(e.to_string()))?;
        // What a customer or a model writes is text, `[SEP]` included.
        tokenizer.set_encode_special_tokens(true);
        let id = |token: &str| {
            tokenizer.token_to_id(token).ok_or_else(|| bad(format!("the token `{token}` is missing")))
        };
        let (first, last) = (id("[CLS]")?, id("[SEP]")?);
        Ok(Self { tokenizer, first, last })
    }

    /// The tokens of a text, framed, at most [`MOST_TOKENS`].
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let text = &text[..text.floor_char_boundary(MOST_BYTES)];
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|e| EmbedError::Tokenizer { reason: e.to_string() })?;
        let pieces = encoding.get_ids().iter().copied().take(MOST_TOKENS - 2);
        Ok(std::iter::once(self.first).chain(pieces).chain([self.last]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r###"{"version": "1.0", "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
        "pad_type_id": 0, "pad_token": "[PAD]"}, "added_tokens": [
        {"id": 3, "special": true, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
        "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "zi": 4, "##le": 5, "sep": 6, "[": 7, "]": 8, "sase": 9}}}"###;

    fn small() -> Tokens {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokenizer.json");
        std::fs::write(&path, SMALL).unwrap();
        Tokens::read(&path).unwrap()
    }

    #[test]
    fn a_text_is_framed_and_nothing_in_it_is_special() {
        let tokens = small();
        assert_eq!(tokens.encode("").unwrap(), [2, 3]);
        assert_eq!(tokens.encode("Șase ZILE").unwrap(), [2, 9, 4, 5, 3]);
        assert_eq!(tokens.encode("[SEP]").unwrap(), [2, 7, 6, 8, 3]);
    }

    #[test]
    fn a_long_text_is_cut() {
        let tokens = small();
        let long = tokens.encode(&"zile ".repeat(300_000)).unwrap();
        assert_eq!((long.len(), long[MOST_TOKENS - 1]), (MOST_TOKENS, 3));
        assert_eq!(tokens.encode(&"ș".repeat(300_000)).unwrap(), [2, 1, 3]);
    }

    #[test]
    fn a_file_of_something_else_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokenizer.json");
        assert!(Tokens::read(&path).is_err());
        for text in ["", "{}", &SMALL.replace("[CLS]", "[START]")] {
            std::fs::write(&path, text).unwrap();
            assert!(Tokens::read(&path).unwrap_err().to_string().contains("tokenizer.json"));
        }
    }
}
