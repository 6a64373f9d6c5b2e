//! Dense vectors of one workspace, row after row in blocks. Blocks instead of one long vector, because growing never
//! copies and never holds old and new at once; a row is contiguous, so a scan runs at the speed of memory.
//! (Measured: code for AVX2 and a second thread gain nothing on two cores, the scan waits for memory.)

/// Rows in a block: 512 rows of 384 numbers are 768 KiB, small beside any index worth scanning.
const BLOCK: usize = 512;

/// Partial sums of a dot product: four SSE registers of four numbers, or two AVX registers of eight.
const LANES: usize = 16;

/// Vectors of one length, addressed by slot.
#[derive(Debug)]
pub(super) struct Rows {
    width: usize,
    blocks: Vec<Vec<f32>>,
    /// Whether the slot has a vector; passages may wait for theirs.
    present: Vec<bool>,
}

impl Rows {
    /// No rows yet; each will have `width` numbers, at least one.
    pub(super) fn new(width: usize) -> Self {
        Self { width, blocks: Vec::new(), present: Vec::new() }
    }

    /// Adds a row at the next slot; zeros hold the place of a vector that is still to come.
    pub(super) fn push(&mut self, row: Option<&[f32]>) {
        if self.present.len().is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK * self.width));
        }
        let block = self.blocks.last_mut().expect("a block was added above when the last one was full");
        match row {
            Some(row) => block.extend_from_slice(row),
            None => block.extend(std::iter::repeat_n(0.0, self.width)),
        }
        self.present.push(row.is_some());
    }

    /// Calls `visit` with slot and dot product for each wanted slot that has a vector, in slot order.
    pub(super) fn scan(&self, query: &[f32], wanted: &[bool], mut visit: impl FnMut(usize, f32)) {
        let rows = self.blocks.iter().flat_map(|block| block.chunks_exact(self.width));
        for (slot, ((row, present), wanted)) in rows.zip(&self.present).zip(wanted).enumerate() {
            if *present && *wanted {
                visit(slot, dot(query, row));
            }
        }
    }

    /// Keeps the rows whose slot says so, closing the gaps in place: nothing is allocated, emptied blocks are freed.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let width = self.width;
        let mut kept = 0;
        for slot in (0..self.present.len()).filter(|slot| keep[*slot]) {
            self.present[kept] = self.present[slot];
            let (from, to) = (slot % BLOCK * width, kept % BLOCK * width);
            if slot / BLOCK == kept / BLOCK {
                self.blocks[kept / BLOCK].copy_within(from..from + width, to);
            } else {
                let (before, after) = self.blocks.split_at_mut(slot / BLOCK);
                before[kept / BLOCK][to..to + width].copy_from_slice(&after[0][from..from + width]);
            }
            kept += 1;
        }
        self.present.truncate(kept);
        self.blocks.truncate(kept.div_ceil(BLOCK));
        if let Some(last) = self.blocks.last_mut() {
            last.truncate((kept - 1) % BLOCK * width + width);
        }
    }
}

/// Dot product with a fixed order of additions, so that a pair of vectors has the same score wherever it is stored.
/// Plain loops over fixed-size chunks: the compiler turns them into vector instructions of whatever it builds for.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    // Halves are added to halves: sixteen additions one after the other would cost as much as the products.
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0] + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_product_counts_every_number_whatever_the_length() {
        for width in [1_u8, 15, 16, 17, 40] {
            let ones = vec![1.0; usize::from(width)];
            assert!((dot(&ones, &ones) - f32::from(width)).abs() < f32::EPSILON, "{width}");
        }
    }

    #[test]
    fn retaining_rows_across_blocks_keeps_the_order() {
        let mut rows = Rows::new(2);
        for i in 0..1200_u16 {
            let row = [f32::from(i), 0.0];
            rows.push((i % 3 != 0).then_some(&row[..]));
        }
        let keep: Vec<bool> = (0..1200).map(|i| i % 2 == 0).collect();
        rows.retain(&keep);
        let mut seen = Vec::new();
        rows.scan(&[1.0, 0.0], &vec![true; 600], |slot, score| seen.push((slot, score)));
        let expected: Vec<(usize, f32)> =
            (0..600_u16).filter(|i| (i * 2) % 3 != 0).map(|i| (usize::from(i), f32::from(i * 2))).collect();
        assert_eq!(seen, expected);
    }
}
