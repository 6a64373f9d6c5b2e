//! The BERT encoder of all-MiniLM-L6-v2: word pieces in, one unit vector a text out.
//!
//! Several texts go through the linear layers end to end, without padding; attention looks at each text alone. A
//! text's vector does not depend on its company, to the last bit, so that measurements repeat. The numbers between the
//! layers live in a [`Scratch`] that a thread keeps.

use half::f16;

use super::math::{Norm, gelu_all, softmax, unit_mean};
use super::matmul::{Linear, View, ViewMut, multiply};

/// Numbers in a vector, and in every row between the layers.
pub(super) const WIDTH: usize = 384;
/// Numbers in a row inside a feed-forward block.
pub(super) const WIDE: usize = 1536;
/// Layers of the model.
pub(super) const LAYERS: usize = 6;
/// Word pieces a text may have with the two that mark its ends (the model card's `max_seq_length`), and the
/// most that go through the encoder at a time.
pub(super) const MAX_PIECES: usize = 256;
/// Attention heads of a layer.
const HEADS: usize = 12;
/// Numbers a head looks at.
const HEAD: usize = WIDTH / HEADS;
/// Query, key and value of a row, side by side.
const TRIPLE: usize = 3 * WIDTH;

/// One layer's weights.
pub(super) struct Layer {
    /// Query, key and value in one product.
    pub triple: Linear,
    pub attended: Linear,
    pub attention_norm: Norm,
    pub widen: Linear,
    pub narrow: Linear,
    pub output_norm: Norm,
}

/// The whole model.
pub(super) struct Encoder {
    /// One row for each word piece; half precision saves 23 MB and moves no vector by more than a cosine of 1e-7.
    pub words: Vec<f16>,
    /// One row for each place in a text, the (only) segment's row added in.
    pub places: Vec<f32>,
    pub norm: Norm,
    pub layers: Vec<Layer>,
}

/// The numbers between the layers, for at most [`MAX_PIECES`] word pieces: about 4 MB.
pub(super) struct Scratch {
    hidden: Vec<f32>,
    triple: Vec<f32>,
    context: Vec<f32>,
    change: Vec<f32>,
    wide: Vec<f32>,
    scores: Vec<f32>,
}

impl Scratch {
    /// Room for the largest group of texts.
    pub(super) fn new() -> Self {
        let rows = |width| vec![0.0; MAX_PIECES * width];
        Self {
            hidden: rows(WIDTH),
            triple: rows(TRIPLE),
            context: rows(WIDTH),
            change: rows(WIDTH),
            wide: rows(WIDE),
            scores: rows(MAX_PIECES),
        }
    }
}

impl Encoder {
    /// One unit vector for each text, given as word pieces with both end marks.
    ///
    /// # Panics
    /// If a text is empty, the texts have more than [`MAX_PIECES`] word pieces together, or a piece is not one of
    /// the model's.
    pub(super) fn embed(&self, texts: &[Vec<u32>], scratch: &mut Scratch) -> Vec<Vec<f32>> {
        let rows = texts.iter().map(Vec::len).sum::<usize>();
        assert!(rows <= MAX_PIECES, "a group of texts has {rows} word pieces, more than {MAX_PIECES}");
        self.look_up(texts, &mut scratch.hidden);
        for layer in &self.layers {
            layer.apply(texts, rows, scratch);
        }
        let mut rest = &scratch.hidden[..];
        let mut vector = |text: &Vec<u32>| {
            let (own, others) = rest.split_at(text.len() * WIDTH);
            rest = others;
            unit_mean(own, WIDTH)
        };
        texts.iter().map(&mut vector).collect()
    }

    /// Writes each word piece's row: word plus place, brought to its norm.
    fn look_up(&self, texts: &[Vec<u32>], hidden: &mut [f32]) {
        let pieces = texts.iter().flat_map(|text| text.iter().zip(self.places.chunks_exact(WIDTH)));
        for (row, (&piece, place)) in hidden.chunks_exact_mut(WIDTH).zip(pieces) {
            let word = &self.words[piece as usize * WIDTH..][..WIDTH];
            for ((value, word), place) in row.iter_mut().zip(word).zip(place) {
                *value = word.to_f32() + place;
            }
            self.norm.apply(row);
        }
    }
}

impl Layer {
    /// Takes the rows in `scratch.hidden` through the layer.
    fn apply(&self, texts: &[Vec<u32>], rows: usize, scratch: &mut Scratch) {
        let Scratch { hidden, triple, context, change, wide, scores } = scratch;
        let hidden = &mut hidden[..rows * WIDTH];
        self.triple.apply(rows, hidden, triple);
        let mut first = 0;
        for text in texts {
            attend(text.len(), &triple[first * TRIPLE..], scores, &mut context[first * WIDTH..]);
            first += text.len();
        }
        self.attended.apply(rows, context, change);
        self.attention_norm.add_and_apply(hidden, change);
        self.widen.apply(rows, hidden, wide);
        gelu_all(&mut wide[..rows * WIDE]);
        self.narrow.apply(rows, wide, change);
        self.output_norm.add_and_apply(hidden, change);
    }
}

/// Self-attention of one text: `triple` has a row of query, key and value for each piece, `context` takes a row each.
fn attend(pieces: usize, triple: &[f32], scores: &mut [f32], context: &mut [f32]) {
    /// 1 / √32, the usual scale of attention for heads of 32 numbers.
    const SCALE: f32 = 0.176_776_7;
    for head in 0..HEADS {
        let part = |which: usize| &triple[which * WIDTH + head * HEAD..];
        let query = View { data: part(0), rows: pieces, columns: HEAD, row_step: TRIPLE, column_step: 1 };
        let keys = View { data: part(1), rows: HEAD, columns: pieces, row_step: 1, column_step: TRIPLE };
        let values = View { data: part(2), rows: pieces, columns: HEAD, row_step: TRIPLE, column_step: 1 };
        let out = ViewMut { data: scores, rows: pieces, columns: pieces, row_step: pieces };
        multiply(out, &query, &keys, SCALE, false);
        for row in scores[..pieces * pieces].chunks_exact_mut(pieces) {
            softmax(row);
        }
        let shares = View { data: scores, rows: pieces, columns: pieces, row_step: pieces, column_step: 1 };
        let out = ViewMut { data: &mut context[head * HEAD..], rows: pieces, columns: HEAD, row_step: WIDTH };
        multiply(out, &shares, &values, 1.0, false);
    }
}
