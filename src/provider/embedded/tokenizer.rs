//! Text to tokens and back.
//!
//! The tokenizer never reads special tokens out of text by itself. [`Vocabulary::encode`] is told which
//! pieces are special, so that nothing a customer writes can become one.

use std::collections::HashMap;

use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::error::EmbeddedError;
use super::gguf::Gguf;

/// Tokens that end an answer in one model family or another, besides the one the file names.
const ENDS: [&str; 6] = ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "</s>"];

/// Token types in GGUF files: control tokens and those added by a user.
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

/// The tokenizer of a model.
#[derive(Debug)]
pub(super) struct Vocabulary {
    tokenizer: Tokenizer,
    specials: HashMap<String, u32>,
    ends: Vec<u32>,
    bos: Option<String>,
    eos: Option<String>,
    add_bos: Option<u32>,
}

impl Vocabulary {
    /// Reads the tokenizer of a file.
    pub(super) fn load(gguf: &Gguf) -> Result<Self, EmbeddedError> {
        let mut tokenizer = Tokenizer::from_gguf(gguf.content())
            .map_err(|e| gguf.unsupported(format!("its tokenizer cannot be read: {e}")))?;
        if gguf.text("tokenizer.ggml.pre") == Some("smollm") {
            tokenizer.with_pre_tokenizer(Some(smollm()));
        }
        tokenizer.set_encode_special_tokens(true);
        let specials = specials(gguf);
        let token = |key: &str| -> Option<u32> {
            u32::try_from(gguf.number(&format!("tokenizer.ggml.{key}_token_id"))?).ok()
        };
        let mut ends: Vec<u32> = ENDS.iter().filter_map(|s| specials.get(*s).copied()).collect();
        ends.extend(token("eos"));
        ends.extend(token("eot"));
        let name = |id: Option<u32>| id.and_then(|id| tokenizer.id_to_token(id));
        let (bos, eos) = (name(token("bos")), name(token("eos")));
        let add_bos = gguf
            .content()
            .metadata
            .get("tokenizer.ggml.add_bos_token")
            .and_then(|v| v.to_bool().ok())
            .unwrap_or(false);
        let add_bos = token("bos").filter(|_| add_bos);
        Ok(Self { tokenizer, specials, ends, bos, eos, add_bos })
    }

    /// The texts of all special tokens.
    pub(super) fn specials(&self) -> impl Iterator<Item = &str> {
        self.specials.keys().map(String::as_str)
    }

    /// The text of the token a text begins with, for chat templates.
    pub(super) fn bos(&self) -> &str {
        self.bos.as_deref().unwrap_or_default()
    }

    /// The text of the token a text ends with, for chat templates.
    pub(super) fn eos(&self) -> &str {
        self.eos.as_deref().unwrap_or_default()
    }

    /// Whether a token ends the answer.
    pub(super) fn ends(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// Encodes a rendered conversation: special tokens in `text` count as such, after which `plain`
    /// turns each piece between them into the text that is really meant.
    pub(super) fn encode(
        &self,
        text: &str,
        plain: impl Fn(&str) -> String,
    ) -> Result<Vec<u32>, EmbeddedError> {
        let mut ids = vec![];
        let mut rest = text;
        while let Some((at, special, id)) = self.next_special(rest) {
            self.encode_plain(&plain(&rest[..at]), &mut ids)?;
            ids.push(id);
            rest = &rest[at + special..];
        }
        self.encode_plain(&plain(rest), &mut ids)?;
        if let Some(bos) = self.add_bos.filter(|bos| ids.first() != Some(bos)) {
            ids.insert(0, bos);
        }
        Ok(ids)
    }

    /// Where the next special token stands, its length and its id. The longest wins.
    fn next_special(&self, text: &str) -> Option<(usize, usize, u32)> {
        self.specials
            .iter()
            .filter_map(|(special, &id)| Some((text.find(special.as_str())?, special.len(), id)))
            .min_by_key(|&(at, length, _)| (at, usize::MAX - length))
    }

    fn encode_plain(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), EmbeddedError> {
        if text.is_empty() {
            return Ok(());
        }
        let encoding = self.tokenizer.encode_fast(text, false).map_err(failed)?;
        ids.extend_from_slice(encoding.get_ids());
        Ok(())
    }

    /// The text of some tokens, without special ones.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<String, EmbeddedError> {
        self.tokenizer.decode(ids, true).map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn failed(error: tokenizers::Error) -> EmbeddedError {
    EmbeddedError::Tokenizer { reason: error.to_string() }
}

/// What the pre-tokenizer called "smollm" does; candle takes it for GPT-2's, which adds a space.
fn smollm() -> PreTokenizerWrapper {
    PreTokenizerWrapper::Sequence(Sequence::new(vec![
        PreTokenizerWrapper::Digits(Digits::new(true)),
        PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, true)),
    ]))
}

fn specials(gguf: &Gguf) -> HashMap<String, u32> {
    let list = |key: &str| {
        gguf.content().metadata.get(key).and_then(|v| v.to_vec().ok()).map_or(&[][..], Vec::as_slice)
    };
    let tokens = list("tokenizer.ggml.tokens");
    let types = list("tokenizer.ggml.token_type");
    let mut specials = HashMap::new();
    for (id, (token, kind)) in (0..).zip(tokens.iter().zip(types)) {
        let kind = kind.to_i32().map(i64::from).or_else(|_| kind.to_u32().map(i64::from));
        let special = matches!(kind, Ok(CONTROL | USER_DEFINED));
        if let (true, Ok(token)) = (special, token.to_string())
            && !token.is_empty()
        {
            specials.insert(token.clone(), id);
        }
    }
    specials
}
