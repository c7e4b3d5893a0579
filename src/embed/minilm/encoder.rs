//! The encoder: tokens in, one vector for each text out.
//!
//! Texts of a batch lie one after the other, without padding, and only attention knows where one ends. So a text
//! costs what its own tokens cost, and its vector does not depend on its company.

use pulp::Arch;

use super::math::{AddNorm, Gelu, Softmax};
use super::product::{Left, Linear, Panels, Product, tile_width, transpose};

/// Numbers that stand for a token.
pub(super) const HIDDEN: usize = 384;
/// The heads of attention, and the width of each.
const HEADS: usize = 12;
const HEAD: usize = HIDDEN / HEADS;
/// Numbers between the two products that follow attention.
pub(super) const FEED: usize = 1536;

/// A scale and a shift for each number of a token.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// One of the layers.
#[derive(Debug)]
pub(super) struct Layer {
    /// Queries, keys and values, side by side.
    pub(super) attention: Linear,
    pub(super) output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) norm: Norm,
}

/// The model's weights.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) arch: Arch,
    /// Rows of [`HIDDEN`] numbers: one for each word piece, one for each position.
    pub(super) words: Vec<f32>,
    pub(super) positions: Vec<f32>,
    /// Added to every token: the row of the first of two texts.
    pub(super) first_text: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

impl Encoder {
    /// The vectors of some texts, the sums of those of their tokens. Each text is given as its tokens; no text may be empty or longer than there are
    /// positions. Unknown tokens read as zeros.
    pub(super) fn encode(&self, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let mut rows = self.embed(texts);
        let tokens = rows.len() / HIDDEN;
        let mut room = Room {
            three: vec![0.0; tokens * 3 * HIDDEN],
            one: vec![0.0; tokens * HIDDEN],
            added: vec![0.0; tokens * HIDDEN],
            feed: vec![0.0; tokens * FEED],
            keys: Vec::new(),
            scores: Vec::new(),
        };
        self.norm(&mut rows, &room.added, &self.norm);
        for layer in &self.layers {
            layer.attention.apply(self.arch, &rows, &mut room.three);
            let mut first = 0;
            for text in texts {
                self.attend(first, text.len(), &mut room);
                first += text.len();
            }
            layer.output.apply(self.arch, &room.one, &mut room.added);
            self.norm(&mut rows, &room.added, &layer.attention_norm);
            layer.up.apply(self.arch, &rows, &mut room.feed);
            self.arch.dispatch(Gelu(&mut room.feed));
            layer.down.apply(self.arch, &room.feed, &mut room.added);
            self.norm(&mut rows, &room.added, &layer.norm);
        }
        let mut left = rows.as_slice();
        texts
            .iter()
            .map(|text| {
                let (own, others) = left.split_at(text.len() * HIDDEN);
                left = others;
                sum(own)
            })
            .collect()
    }

    /// What each token starts as.
    fn embed(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let mut rows = Vec::with_capacity(texts.iter().map(Vec::len).sum::<usize>() * HIDDEN);
        let zeros = [0.0; HIDDEN];
        for text in texts {
            for (token, position) in text.iter().zip(self.positions.chunks_exact(HIDDEN)) {
                let at = *token as usize * HIDDEN;
                let word = self.words.get(at..at + HIDDEN).unwrap_or(&zeros);
                let sum = word.iter().zip(&self.first_text).zip(position).map(|((w, t), p)| w + t + p);
                rows.extend(sum);
            }
        }
        rows
    }

    fn norm(&self, rows: &mut [f32], added: &[f32], norm: &Norm) {
        self.arch.dispatch(AddNorm { rows, added, weight: &norm.weight, bias: &norm.bias });
    }

    /// Attention of one text's tokens to each other.
    fn attend(&self, first: usize, length: usize, room: &mut Room) {
        let width = tile_width(self.arch);
        let (panels, stride) = (length.div_ceil(width), 3 * HIDDEN);
        let three = &room.three[first * stride..][..length * stride];
        room.keys.clear();
        room.keys.resize(panels * width * HEAD, 0.0);
        room.scores.resize(length * panels * width, 0.0);
        for head in 0..HEADS {
            let at = head * HEAD;
            let keys = three.chunks(width * stride).zip(room.keys.chunks_exact_mut(width * HEAD));
            for (rows, panel) in keys {
                transpose(&rows[HIDDEN + at..], stride, HEAD, panel, width);
            }
            self.arch.dispatch(Product {
                left: Left { values: &three[at..], stride, rows: length, depth: HEAD },
                right: Panels { values: &room.keys, stride: width, step: width * HEAD, count: panels },
                bias: None,
                out: &mut room.scores,
                out_stride: panels * width,
            });
            let scale = 1.0 / (HEAD as f32).sqrt();
            self.arch.dispatch(Softmax { rows: &mut room.scores, stride: panels * width, length, scale });
            let values = &three[2 * HIDDEN + at..];
            self.arch.dispatch(Product {
                left: Left { values: &room.scores, stride: panels * width, rows: length, depth: length },
                right: Panels { values, stride, step: width, count: HEAD / width },
                bias: None,
                out: &mut room.one[first * HIDDEN + at..],
                out_stride: HIDDEN,
            });
        }
    }
}

/// Room for what is computed on the way.
struct Room {
    three: Vec<f32>,
    one: Vec<f32>,
    added: Vec<f32>,
    feed: Vec<f32>,
    keys: Vec<f32>,
    scores: Vec<f32>,
}

/// The sum of the rows, which points where their mean does.
fn sum(rows: &[f32]) -> Vec<f32> {
    let mut sum = vec![0.0; HIDDEN];
    for row in rows.chunks_exact(HIDDEN) {
        for (s, x) in sum.iter_mut().zip(row) {
            *s += x;
        }
    }
    sum
}
