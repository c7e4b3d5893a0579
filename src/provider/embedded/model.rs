//! The forward pass of llama and qwen2 models.

use super::attention::Attention;
use super::kv::{Kv, Vector};
use super::math::{RmsNorm, SwiGlu, add_bias, add_to};
use super::quant::{Acts, Level};
use super::weights::{Layer, Linear, Weights};

/// Rows computed together. More would not be faster, and a cancelled request would be noticed later.
pub(super) const CHUNK: usize = 128;

/// A loaded model, shared by all workers.
#[derive(Debug)]
pub(super) struct Model {
    /// The weights.
    pub(super) weights: Weights,
    /// The vector instructions in use.
    pub(super) level: Level,
}

/// Buffers of one worker, reused from call to call.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    stream: Vec<f32>,
    normed: Vec<f32>,
    acts: Acts,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    mixed: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    scores: Vec<Vector>,
    logits: Vec<f32>,
}

impl Model {
    /// Takes in at most [`CHUNK`] tokens that follow those in `kv`.
    ///
    /// Where `logits` is asked for, returns how likely each token is to come next.
    pub(super) fn forward<'a>(
        &self,
        ids: &[u32],
        kv: &mut Kv,
        scratch: &'a mut Scratch,
        logits: bool,
    ) -> &'a [f32] {
        let width = self.weights.shape.width;
        scratch.stream.clear();
        self.weights.embedding.read(ids, &mut scratch.stream);
        let last = self.weights.layers.len() - 1;
        for (i, layer) in self.weights.layers.iter().enumerate() {
            // Of the last layer only the last token's output is used, if any.
            let keep = match (i == last, logits) {
                (false, _) => ids.len(),
                (true, wanted) => usize::from(wanted),
            };
            self.attend(i, layer, keep, kv, scratch);
            scratch.stream.drain(..(ids.len() - keep) * width);
            if keep > 0 {
                self.feed_forward(layer, scratch);
            }
        }
        kv.advance(ids.len());
        if !logits {
            return &[];
        }
        self.norm(&self.weights.norm, &scratch.stream, &mut scratch.normed);
        scratch.acts.set(&scratch.normed, width);
        self.linear(&self.weights.head, &scratch.acts, &mut scratch.logits);
        &scratch.logits
    }

    /// Attention of the last `keep` rows; keys and values of all rows enter the cache.
    fn attend(&self, index: usize, layer: &Layer, keep: usize, kv: &mut Kv, s: &mut Scratch) {
        let shape = &self.weights.shape;
        self.norm(&layer.attention_norm, &s.stream, &mut s.normed);
        s.acts.set(&s.normed, shape.width);
        let rows = s.acts.rows();
        let [q, k, v] = &layer.qkv;
        self.linear(k, &s.acts, &mut s.keys);
        self.linear(v, &s.acts, &mut s.values);
        let rope = &self.weights.rope;
        rope.rotate(&mut s.keys, shape.kv_heads * shape.head, kv.len());
        kv.push(index, &s.keys, &s.values);
        if keep == 0 {
            return;
        }
        let skip = rows - keep;
        if skip > 0 {
            s.acts.set(&s.normed[skip * shape.width..], shape.width);
        }
        self.linear(q, &s.acts, &mut s.queries);
        let heads = shape.heads * shape.head;
        rope.rotate(&mut s.queries, heads, kv.len() + skip);
        s.mixed.resize(keep * heads, 0.0);
        self.level.run(Attention {
            kv: kv.layer(index),
            queries: &s.queries,
            position: kv.len() + skip,
            heads: shape.heads,
            kv_heads: shape.kv_heads,
            head: shape.head,
            scores: &mut s.scores,
            out: &mut s.mixed,
        });
        s.acts.set(&s.mixed, heads);
        self.linear(&layer.output, &s.acts, &mut s.normed);
        add_to(&mut s.stream[skip * shape.width..], &s.normed);
    }

    fn feed_forward(&self, layer: &Layer, s: &mut Scratch) {
        self.norm(&layer.feed_norm, &s.stream, &mut s.normed);
        s.acts.set(&s.normed, self.weights.shape.width);
        self.linear(&layer.gate, &s.acts, &mut s.gate);
        self.linear(&layer.up, &s.acts, &mut s.up);
        self.level.run(SwiGlu { gate: &mut s.gate, up: &s.up });
        s.acts.set(&s.gate, layer.down.matrix.inputs());
        self.linear(&layer.down, &s.acts, &mut s.normed);
        add_to(&mut s.stream, &s.normed);
    }

    fn norm(&self, weight: &[f32], input: &[f32], out: &mut Vec<f32>) {
        out.resize(input.len(), 0.0);
        self.level.run(RmsNorm { input, weight, epsilon: self.weights.shape.epsilon, out });
    }

    fn linear(&self, linear: &Linear, acts: &Acts, out: &mut Vec<f32>) {
        out.resize(acts.rows() * linear.matrix.outputs(), 0.0);
        linear.matrix.multiply(self.level, acts, out);
        if let Some(bias) = &linear.bias {
            add_bias(out, bias);
        }
    }
}
