//! Dense vectors of one workspace as whole numbers of 24 bits, high and low parts apart, row after row in blocks.
//!
//! A scan reads the high parts only, a quarter of what floating-point numbers would take, for it waits for memory;
//! what could be among the best by that is then scored with both parts, as exactly as single precision is. The error of
//! the first look is bounded, so nothing is missed. Blocks instead of one long vector, because growing never copies and
//! never holds old and new at once.

/// Rows in a block: 512 rows of 384 numbers are 576 KiB, small beside any index worth scanning.
const BLOCK: usize = 512;

/// What one step of a high part is worth.
const STEP: f32 = 65_536.0;

/// The greatest number a row's numbers are brought to: its high part is then at most 127.
const FULL: f32 = 127.0 * STEP;

/// The greatest number the query's numbers are brought to. Times 127 it fits 1,024 times into 32 bits.
const QUERY_FULL: f32 = 16_383.0;

/// Numbers whose products are added up in 32 bits.
const CHUNK: usize = 512;

/// Vectors of one length, addressed by slot.
#[derive(Debug)]
pub(super) struct Rows {
    width: usize,
    high: Parts<i8>,
    low: Parts<i16>,
    /// What brings a row's whole numbers back; zero for a passage that waits for its vector.
    scales: Vec<f32>,
    /// The greatest there ever was.
    greatest: f32,
}

/// One part of all numbers.
#[derive(Debug)]
struct Parts<T>(Vec<Vec<T>>);

/// A query made ready for a scan.
pub(super) struct Looked<'a> {
    query: &'a [f32],
    whole: Vec<i16>,
    scale: f32,
    sum: f32,
}

impl Rows {
    /// No rows yet; each will have `width` numbers, at least one.
    pub(super) fn new(width: usize) -> Self {
        Self { width, high: Parts(Vec::new()), low: Parts(Vec::new()), scales: Vec::new(), greatest: 0.0 }
    }

    /// Adds a row at the next slot; zeros hold the place of a vector that is still to come.
    pub(super) fn push(&mut self, row: Option<&[f32]>) {
        let scale = row.map_or(0.0, |row| greatest(row).max(f32::MIN_POSITIVE) / FULL);
        let slot = self.scales.len();
        let whole = row.into_iter().flatten().map(|number| split(number / scale)).chain(std::iter::repeat((0, 0)));
        let (high, low): (Vec<i8>, Vec<i16>) = whole.take(self.width).unzip();
        self.high.push(slot, &high);
        self.low.push(slot, &low);
        self.scales.push(scale);
        self.greatest = self.greatest.max(scale);
    }

    /// Makes a query ready.
    pub(super) fn look(query: &[f32]) -> Looked<'_> {
        let scale = greatest(query).max(f32::MIN_POSITIVE) / QUERY_FULL;
        #[expect(clippy::cast_possible_truncation, reason = "the greatest number is brought to 14 bits")]
        let whole = query.iter().map(|number| (number / scale).round() as i16).collect();
        Looked { query, whole, scale, sum: query.iter().map(|number| number.abs()).sum() }
    }

    /// Each slot's score by the high parts, within [`Rows::error`] of the true one; minus infinity where there is no
    /// vector.
    pub(super) fn rough(&self, looked: &Looked<'_>) -> Vec<f32> {
        let mut scores = vec![0.0; self.scales.len()];
        // Compiled once for each kind of processor, and run as the best that this one can.
        let arch = pulp::Arch::new();
        for (block, scores) in self.high.0.iter().zip(scores.chunks_mut(BLOCK)) {
            arch.dispatch(
                #[inline(always)]
                || {
                    for (row, score) in block.chunks_exact(self.width).zip(scores.iter_mut()) {
                        *score = product(row, &looked.whole);
                    }
                },
            );
        }
        for (score, scale) in scores.iter_mut().zip(&self.scales) {
            *score = if *scale > 0.0 { *score * (STEP * looked.scale * scale) } else { f32::NEG_INFINITY };
        }
        scores
    }

    /// How far a rough score may be from the true one: half of a high part's step for each number of the query, half
    /// of the query's step for each number of a row, and what rounding adds.
    #[expect(clippy::cast_precision_loss, reason = "a vector has a few thousand numbers")]
    pub(super) fn error(&self, looked: &Looked<'_>) -> f32 {
        let row = (STEP / 2.0 + 0.5) * looked.sum;
        let query = looked.scale / 2.0 * FULL * self.width as f32;
        self.greatest * (row + query) * 1.01
    }

    /// A slot's score by both parts. The order of additions is fixed, so that a pair of vectors has the same score
    /// wherever it is stored.
    pub(super) fn exact(&self, slot: usize, looked: &Looked<'_>) -> f32 {
        let (high, low) = (self.high.row(slot, self.width), self.low.row(slot, self.width));
        let parts = high.iter().zip(low).zip(looked.query);
        let sum: f64 = parts.map(|((high, low), number)| f64::from(whole(*high, *low)) * f64::from(*number)).sum();
        #[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
        let score = (sum * f64::from(self.scales[slot])) as f32;
        score
    }

    /// Keeps the rows whose slot says so, closing the gaps in place: nothing is allocated, emptied blocks are freed.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut kept = 0;
        for slot in (0..self.scales.len()).filter(|slot| keep[*slot]) {
            self.scales[kept] = self.scales[slot];
            self.high.shift(slot, kept, self.width);
            self.low.shift(slot, kept, self.width);
            kept += 1;
        }
        self.scales.truncate(kept);
        self.high.truncate(kept, self.width);
        self.low.truncate(kept, self.width);
    }
}

impl<T: Copy> Parts<T> {
    fn push(&mut self, slot: usize, row: &[T]) {
        if slot.is_multiple_of(BLOCK) {
            self.0.push(Vec::with_capacity(BLOCK * row.len()));
        }
        self.0.last_mut().expect("a block was added above when the last one was full").extend_from_slice(row);
    }

    fn row(&self, slot: usize, width: usize) -> &[T] {
        &self.0[slot / BLOCK][slot % BLOCK * width..][..width]
    }

    /// Copies a row to an earlier slot.
    fn shift(&mut self, from: usize, to: usize, width: usize) {
        let (source, target) = (from % BLOCK * width, to % BLOCK * width);
        if from / BLOCK == to / BLOCK {
            self.0[to / BLOCK].copy_within(source..source + width, target);
        } else {
            let (before, after) = self.0.split_at_mut(from / BLOCK);
            before[to / BLOCK][target..target + width].copy_from_slice(&after[0][source..source + width]);
        }
    }

    fn truncate(&mut self, rows: usize, width: usize) {
        self.0.truncate(rows.div_ceil(BLOCK));
        if let Some(last) = self.0.last_mut() {
            last.truncate((rows - 1) % BLOCK * width + width);
        }
    }
}

fn greatest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |most, number| most.max(number.abs()))
}

/// The parts of a number of at most [`FULL`]: `65,536 · high + low`.
#[expect(clippy::cast_possible_truncation, reason = "at most 127 · 65,536, so that both parts fit")]
fn split(number: f32) -> (i8, i16) {
    let whole = number.round() as i32;
    let high = (whole + (1 << 15)) >> 16;
    (high as i8, (whole - (high << 16)) as i16)
}

fn whole(high: i8, low: i16) -> i32 {
    (i32::from(high) << 16) + i32::from(low)
}

/// The sum of products. Plain loops over whole numbers: the compiler turns them into the processor's multiply-and-add.
#[expect(clippy::cast_precision_loss, reason = "rough by intent")]
#[expect(clippy::inline_always, reason = "only what is inlined is compiled for the processor that was found")]
#[inline(always)]
fn product(row: &[i8], query: &[i16]) -> f32 {
    let mut total = 0.0;
    for (row, query) in row.chunks(CHUNK).zip(query.chunks(CHUNK)) {
        let mut sum = 0;
        for (a, b) in row.iter().zip(query) {
            sum += i32::from(*a) * i32::from(*b);
        }
        total += sum as f32;
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vectors(width: usize) -> impl Strategy<Value = Vec<Vec<f32>>> {
        proptest::collection::vec(proptest::collection::vec(-1.0_f32..1.0, width), 2..6)
    }

    proptest! {
        #[test]
        fn an_exact_score_is_the_dot_product_and_a_rough_one_is_within_its_error(all in (1_usize..600).prop_flat_map(vectors)) {
            let width = all[0].len();
            let mut rows = Rows::new(width);
            for row in &all {
                rows.push(Some(row));
            }
            let looked = Rows::look(&all[0]);
            for (slot, (row, rough)) in all.iter().zip(rows.rough(&looked)).enumerate() {
                let wanted: f64 = row.iter().zip(&all[0]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                let size = row.iter().zip(&all[0]).map(|(a, b)| f64::from(*a).abs() + f64::from(*b).abs()).sum::<f64>();
                prop_assert!((f64::from(rows.exact(slot, &looked)) - wanted).abs() <= 1e-7 * size.max(1.0));
                prop_assert!((f64::from(rough) - wanted).abs() <= f64::from(rows.error(&looked)) + 1e-5);
            }
        }
    }

    #[test]
    fn both_parts_make_the_number_again() {
        for number in [-8_323_072, -32_769, -32_768, -32_767, -1, 0, 1, 32_767, 32_768, 65_535, 8_323_072] {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let (high, low) = split(number as f32);
            assert_eq!(whole(high, low), number);
        }
    }

    #[test]
    fn retaining_rows_across_blocks_keeps_the_order() {
        let mut rows = Rows::new(2);
        for i in 0..1200_u16 {
            let row = [f32::from(i), 1.0];
            rows.push((i % 3 != 0).then_some(&row[..]));
        }
        let keep: Vec<bool> = (0..1200).map(|i| i % 2 == 0).collect();
        rows.retain(&keep);
        let looked = Rows::look(&[1.0, 0.0]);
        let rough = rows.rough(&looked);
        assert_eq!(rough.len(), 600);
        for (slot, i) in (0..600).zip((0..1200_u16).step_by(2)) {
            if i % 3 == 0 {
                assert!(rough[slot] == f32::NEG_INFINITY);
            } else {
                assert!((rows.exact(slot, &looked) - f32::from(i)).abs() <= f32::from(i) * 1e-6);
            }
        }
    }
}
