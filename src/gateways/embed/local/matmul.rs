//! The encoder's matrix products: the only door to the `gemm` crate, which picks its kernel for the processor it
//! runs on (AVX-512, or AVX2 with FMA, on x86-64; NEON on arm64; plain code elsewhere).
//!
//! Weights are laid out once, at load, in aligned panels that the kernel reads front to back: nothing is packed
//! again for a call, which is what a query of twenty word pieces would otherwise spend its time on.

/// Outputs in a panel of weights: divides every width of the encoder and is a multiple of the rows of gemm's tiles
/// (32 on AVX-512, 16 on AVX2, 8 on NEON). Measured against 24, 48, 192 and 384 on AVX2: within noise of the best for
/// queries and passages.
const PANEL: usize = 96;

/// The longest sum that goes to gemm in one call. Up to 512 terms gemm never splits a sum; beyond, where it splits
/// depends on the number of rows, and a passage's vector would depend on its company.
const DEPTH: usize = 384;

/// Numbers in a cache line of 64 bytes; a panel starts at the beginning of one.
const LINE: usize = 16;

/// A matrix inside a slice: element (r, c) is `data[r * row_step + c * column_step]`.
pub(super) struct View<'a> {
    pub data: &'a [f32],
    pub rows: usize,
    pub columns: usize,
    pub row_step: usize,
    pub column_step: usize,
}

/// A matrix to write, inside a slice, row by row: element (r, c) is `data[r * row_step + c]`.
pub(super) struct ViewMut<'a> {
    pub data: &'a mut [f32],
    pub rows: usize,
    pub columns: usize,
    pub row_step: usize,
}

/// `out = factor · left · right`, or `out += …` with `add`.
///
/// # Panics
/// If the shapes do not fit each other or a matrix does not lie inside its slice.
#[expect(unsafe_code, reason = "gemm takes raw pointers; every length and step is checked here, before the call")]
pub(super) fn multiply(out: &mut ViewMut, left: &View, right: &View, factor: f32, add: bool) {
    let (rows, columns, depth) = (out.rows, out.columns, left.columns);
    assert!(rows > 0 && columns > 0 && depth > 0, "no dimension may be empty");
    assert!(left.rows == rows && right.columns == columns && right.rows == depth, "the shapes must fit");
    assert!(out.row_step >= columns && (rows - 1) * out.row_step + columns <= out.data.len(), "out of its slice");
    for view in [left, right] {
        let last = (view.rows - 1) * view.row_step + (view.columns - 1) * view.column_step;
        assert!(last < view.data.len(), "a factor lies outside its slice");
    }
    let step = usize::cast_signed;
    // SAFETY: all three matrices lie inside their slices (asserted above), rows of `out` do not overlap, `out` is
    // borrowed mutably and so shares nothing with the factors, and gemm touches no other element.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            out.data.as_mut_ptr(),
            1,
            step(out.row_step),
            add,
            left.data.as_ptr(),
            step(left.column_step),
            step(left.row_step),
            right.data.as_ptr(),
            step(right.column_step),
            step(right.row_step),
            1.0,
            factor,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// A linear layer, `y = x · Wᵀ + b`, with its weights in panels.
pub(super) struct Linear {
    inputs: usize,
    panels: Vec<f32>,
    /// Where in `panels` the first cache line begins.
    start: usize,
    bias: Vec<f32>,
}

impl Linear {
    /// From weights of shape (outputs × inputs), row by row as the file has them, and one bias for each output.
    ///
    /// # Panics
    /// If the numbers of weights and biases do not fit each other or the outputs do not fill whole panels.
    pub(super) fn new(weights: &[f32], bias: Vec<f32>) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        assert!(outputs.is_multiple_of(PANEL) && inputs.is_multiple_of(DEPTH), "the widths fill whole panels");
        assert_eq!(inputs * outputs, weights.len(), "every output has the same number of weights");
        let mut panels = vec![0.0; weights.len() + LINE];
        let start = panels.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        for (panel, block) in panels[start..].chunks_exact_mut(inputs * PANEL).zip(weights.chunks(inputs * PANEL)) {
            for (output, row) in block.chunks_exact(inputs).enumerate() {
                for (input, &weight) in row.iter().enumerate() {
                    panel[input * PANEL + output] = weight;
                }
            }
        }
        Self { inputs, panels, start, bias }
    }

    /// Outputs of one row.
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Writes the layer's outputs for `rows` rows of `inputs` numbers each. A row's result depends on that row
    /// alone, to the last bit, whatever the number of rows.
    pub(super) fn apply(&self, rows: usize, input: &[f32], output: &mut [f32]) {
        let outputs = self.outputs();
        for row in output[..rows * outputs].chunks_exact_mut(outputs) {
            row.copy_from_slice(&self.bias);
        }
        for (number, panel) in self.panels[self.start..].chunks_exact(self.inputs * PANEL).enumerate() {
            for (part, weights) in panel.chunks_exact(DEPTH * PANEL).enumerate() {
                let mut out = ViewMut { data: &mut output[number * PANEL..], rows, columns: PANEL, row_step: outputs };
                let left =
                    View { data: &input[part * DEPTH..], rows, columns: DEPTH, row_step: self.inputs, column_step: 1 };
                let right = View { data: weights, rows: DEPTH, columns: PANEL, row_step: PANEL, column_step: 1 };
                multiply(&mut out, &left, &right, 1.0, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -0.5 and 0.5 that look random and are the same each time.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 16) as u16) / 65_536.0 - 0.5
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn a_layer_gives_what_the_definition_says() {
        let (rows, inputs, outputs) = (5, 2 * DEPTH, 2 * PANEL);
        let (weights, bias, input) = (numbers(inputs * outputs, 1), numbers(outputs, 2), numbers(rows * inputs, 3));
        let mut output = vec![f32::NAN; rows * outputs];
        Linear::new(&weights, bias.clone()).apply(rows, &input, &mut output);
        for (row, got) in input.chunks(inputs).zip(output.chunks(outputs)) {
            for ((weights, bias), got) in weights.chunks(inputs).zip(&bias).zip(got) {
                let sum: f64 = weights.iter().zip(row).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                assert!((sum + f64::from(*bias) - f64::from(*got)).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_row_comes_out_the_same_to_the_bit_whatever_the_number_of_rows() {
        let (inputs, outputs) = (4 * DEPTH, PANEL);
        let layer = Linear::new(&numbers(inputs * outputs, 4), numbers(outputs, 5));
        let input = numbers(256 * inputs, 6);
        let mut all = vec![0.0; 256 * outputs];
        layer.apply(256, &input, &mut all);
        for (first, rows) in [(0, 2), (0, 3), (1, 21), (7, 64), (2, 65), (100, 130)] {
            let mut some = vec![0.0; rows * outputs];
            layer.apply(rows, &input[first * inputs..], &mut some);
            assert_eq!(some, all[first * outputs..][..rows * outputs], "{rows} rows from {first}");
        }
    }

    #[test]
    #[should_panic(expected = "lies outside its slice")]
    fn a_matrix_that_is_larger_than_its_slice_is_refused() {
        let (mut out, factor) = ([0.0; 4], [0.0; 4]);
        let view = |rows| View { data: &factor, rows, columns: 2, row_step: 2, column_step: 1 };
        multiply(&mut ViewMut { data: &mut out, rows: 2, columns: 2, row_step: 2 }, &view(2), &view(2), 1.0, false);
        let long = View { data: &factor, rows: 2, columns: 2, row_step: 3, column_step: 1 };
        multiply(&mut ViewMut { data: &mut out, rows: 2, columns: 2, row_step: 2 }, &long, &view(2), 1.0, false);
    }
}
