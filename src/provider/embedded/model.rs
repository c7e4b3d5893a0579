//! The forward pass of llama and qwen2 models, for several conversations at once.

use super::attention::Attention;
use super::kv::{Kv, Vector};
use super::math::{RmsNorm, SwiGlu, add_bias, add_to};
use super::quant::{Acts, Level};
use super::weights::{Layer, Linear, Weights};

/// Rows of one prompt computed together. More would not be faster, and a cancelled request would be
/// noticed later.
pub(super) const CHUNK: usize = 128;

/// A loaded model, shared by all workers.
#[derive(Debug)]
pub(super) struct Model {
    /// The weights.
    pub(super) weights: Weights,
    /// The vector instructions in use.
    pub(super) level: Level,
}

/// The next tokens of one conversation.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// The tokens, at least one.
    pub(super) ids: &'a [u32],
    /// What came before; grows by the tokens.
    pub(super) kv: &'a mut Kv,
    /// Whether to compute what follows the last token.
    pub(super) predict: bool,
}

/// Neighbouring rows of one conversation.
#[derive(Clone, Copy)]
struct Group {
    step: usize,
    position: usize,
    rows: usize,
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
    /// Takes in the tokens of all steps. Returns, for each step that predicts, one row with a number for
    /// each token of the vocabulary: how likely it is to come next.
    pub(super) fn forward<'a>(&self, steps: &mut [Step], s: &'a mut Scratch) -> &'a [f32] {
        let width = self.weights.shape.width;
        s.stream.clear();
        for step in &*steps {
            self.weights.embedding.read(step.ids, &mut s.stream);
        }
        let all: Vec<Group> = steps
            .iter()
            .enumerate()
            .map(|(i, step)| Group { step: i, position: step.kv.len(), rows: step.ids.len() })
            .collect();
        let last = self.weights.layers.len() - 1;
        for (i, layer) in self.weights.layers.iter().enumerate() {
            self.remember(i, layer, &all, steps, s);
            // Of the last layer only predictions are used.
            let groups = if i == last { predicting(&all, steps, width, s) } else { all.clone() };
            if groups.is_empty() {
                break;
            }
            self.attend(i, layer, &groups, steps, s);
            self.feed_forward(layer, s);
        }
        for step in &mut *steps {
            step.kv.advance(step.ids.len());
        }
        s.logits.clear();
        if steps.iter().any(|step| step.predict) {
            self.norm(&self.weights.norm, &s.stream, &mut s.normed);
            s.acts.set(&s.normed, width);
            self.linear(&self.weights.head, &s.acts, &mut s.logits);
        }
        &s.logits
    }

    /// Computes keys and values of all rows and puts them into the caches.
    fn remember(&self, index: usize, layer: &Layer, groups: &[Group], steps: &mut [Step], s: &mut Scratch) {
        let shape = &self.weights.shape;
        self.norm(&layer.attention_norm, &s.stream, &mut s.normed);
        s.acts.set(&s.normed, shape.width);
        let [_, k, v] = &layer.qkv;
        self.linear(k, &s.acts, &mut s.keys);
        self.linear(v, &s.acts, &mut s.values);
        let row = shape.kv_heads * shape.head;
        let mut start = 0;
        for group in groups {
            let range = start..start + group.rows * row;
            start = range.end;
            let keys = &mut s.keys[range.clone()];
            self.weights.rope.rotate(keys, row, group.position);
            steps[group.step].kv.push(index, keys, &s.values[range]);
        }
    }

    /// Attention of the rows that `s.acts` holds.
    fn attend(&self, index: usize, layer: &Layer, groups: &[Group], steps: &[Step], s: &mut Scratch) {
        let shape = &self.weights.shape;
        let heads = shape.heads * shape.head;
        self.linear(&layer.qkv[0], &s.acts, &mut s.queries);
        s.mixed.resize(s.queries.len(), 0.0);
        let mut start = 0;
        for group in groups {
            let range = start..start + group.rows * heads;
            start = range.end;
            let queries = &mut s.queries[range.clone()];
            self.weights.rope.rotate(queries, heads, group.position);
            self.level.run(Attention {
                kv: steps[group.step].kv.layer(index),
                queries,
                position: group.position,
                heads: shape.heads,
                kv_heads: shape.kv_heads,
                head: shape.head,
                scores: &mut s.scores,
                out: &mut s.mixed[range],
            });
        }
        s.acts.set(&s.mixed, heads);
        self.linear(&layer.output, &s.acts, &mut s.normed);
        add_to(&mut s.stream, &s.normed);
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

/// Keeps only the last row of each step that predicts, in the stream and in the activations.
fn predicting(all: &[Group], steps: &[Step], width: usize, s: &mut Scratch) -> Vec<Group> {
    let mut kept = vec![];
    let mut next = 0;
    for group in all {
        next += group.rows;
        if steps[group.step].predict {
            let (from, to) = ((next - 1) * width, kept.len() * width);
            s.stream.copy_within(from..from + width, to);
            s.normed.copy_within(from..from + width, to);
            kept.push(Group { position: group.position + group.rows - 1, rows: 1, ..*group });
        }
    }
    s.stream.truncate(kept.len() * width);
    s.normed.truncate(kept.len() * width);
    s.acts.set(&s.normed, width);
    kept
}
