//! Products of many rows with one matrix, in whole numbers of eight bits where the processor multiplies those fast.
//!
//! Weights are rounded per output to `-127..=127`, inputs per row (or per line) to `0..=255`; sums are exact. This
//! takes a third of the time of 32-bit floats and a quarter of the memory (Jacob et al. 2018 describe the scheme).

use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::ops::{BitOps as _, FloatOps as _, NarrowSaturate as _, NumOps as _, ToFloat as _};
use rten_simd::{Isa, SimdOp};
use rten_tensor::NdTensorView;

/// The multipliers this processor has; made by each caller, since they cannot be shared between threads.
pub(super) struct Multipliers {
    float: GemmExecutor,
    whole: GemmExecutor<u8, i8, i32>,
    whole_numbers: bool,
}

impl Multipliers {
    pub(super) fn new() -> Self {
        let whole = GemmExecutor::new();
        let whole_numbers = !whole.may_saturate();
        Self { float: GemmExecutor::new(), whole, whole_numbers }
    }

    /// Whether products of bytes are exact here; without the instructions for it they may overflow on the way.
    pub(super) fn whole_numbers(&self) -> bool {
        self.whole_numbers
    }

    /// As on a processor without such instructions.
    #[cfg(test)]
    pub(super) fn of_numbers() -> Self {
        Self { whole_numbers: false, ..Self::new() }
    }
}

enum Weights {
    Float(PackedBMatrix<f32>),
    Whole {
        matrix: PackedBMatrix<i8>,
        /// What a unit of each column is worth.
        scales: Vec<f32>,
        /// Sum of each column's units: what inputs around another zero have to be freed of.
        sums: Vec<i32>,
    },
}

/// `x · W + b`.
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    weights: Weights,
    bias: Vec<f32>,
}

/// Bytes that stand for numbers: `(byte - zero) × scale`, a scale for each row or one for all.
pub(super) struct Rounded<'a> {
    pub(super) values: &'a [u8],
    pub(super) scales: &'a [f32],
    pub(super) zero: u8,
}

impl Linear {
    /// `matrix` has a row of `inputs` numbers for each output, as networks keep it.
    pub(super) fn new(multipliers: &Multipliers, matrix: &[f32], bias: &[f32], whole: bool) -> Self {
        let outputs = bias.len();
        let inputs = matrix.len() / outputs.max(1);
        let weights = if whole {
            let largest = |row: &[f32]| row.iter().fold(1e-12_f32, |most, w| most.max(w.abs()));
            let scales: Vec<f32> =
                matrix.chunks_exact(inputs.max(1)).map(|row| largest(row) / 127.0).collect();
            let units: Vec<i8> = matrix
                .chunks_exact(inputs.max(1))
                .zip(&scales)
                .flat_map(|(row, scale)| row.iter().map(move |w| (w / scale).round() as i8))
                .collect();
            let sums = units
                .chunks_exact(inputs.max(1))
                .map(|row| row.iter().map(|unit| i32::from(*unit)).sum())
                .collect();
            let rows = NdTensorView::from_data([outputs, inputs], &units[..]);
            Weights::Whole { matrix: multipliers.whole.prepack_b(rows.transposed()), scales, sums }
        } else {
            let rows = NdTensorView::from_data([outputs, inputs], matrix);
            Weights::Float(multipliers.float.prepack_b(rows.transposed()))
        };
        Self { inputs, outputs, weights, bias: bias.to_vec() }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Whether it takes bytes.
    pub(super) fn whole(&self) -> bool {
        matches!(self.weights, Weights::Whole { .. })
    }

    /// `out = x · W + b`, or `out += x · W` where `add`; `x` row by row.
    pub(super) fn apply_float(
        &self,
        multipliers: &Multipliers,
        x: &[f32],
        out: &mut [f32],
        add: bool,
    ) -> Result<(), String> {
        let Weights::Float(matrix) = &self.weights else {
            return Err("numbers given to a layer of bytes".to_owned());
        };
        let x = NdTensorView::from_data([x.len() / self.inputs, self.inputs], x);
        let bias = (!add).then_some(BiasVector::Row(&self.bias[..]));
        let options = GemmOptions { beta: if add { 1.0 } else { 0.0 }, bias, ..Default::default() };
        multipliers
            .float
            .gemm(out, GemmInputA::Unpacked(x), GemmInputB::Packed(matrix), options)
            .map_err(|error| error.to_string())
    }

    /// As [`Linear::apply_float`] for bytes; `sums` is room to work in.
    pub(super) fn apply_whole(
        &self,
        multipliers: &Multipliers,
        x: &Rounded<'_>,
        out: &mut [f32],
        sums: &mut Vec<i32>,
        add: bool,
    ) -> Result<(), String> {
        let Weights::Whole { matrix, scales, sums: columns } = &self.weights else {
            return Err("bytes given to a layer of numbers".to_owned());
        };
        let rows = x.values.len() / self.inputs;
        sums.clear();
        sums.resize(rows * self.outputs, 0);
        let input = NdTensorView::from_data([rows, self.inputs], x.values);
        multipliers
            .whole
            .gemm(sums, GemmInputA::Unpacked(input), GemmInputB::Packed(matrix), GemmOptions::default())
            .map_err(|error| error.to_string())?;
        let zero = i32::from(x.zero);
        let table = sums.chunks_exact(self.outputs).zip(out.chunks_exact_mut(self.outputs));
        for ((sums, out), scale) in table.zip(x.scales.iter().cycle()) {
            if !add {
                out.copy_from_slice(&self.bias);
            }
            Scaled { sums, columns, zero, scales, scale: *scale, out }.dispatch();
        }
        Ok(())
    }
}

/// `out += (sums - zero × columns) × scales × scale`.
struct Scaled<'a> {
    sums: &'a [i32],
    columns: &'a [i32],
    zero: i32,
    scales: &'a [f32],
    scale: f32,
    out: &'a mut [f32],
}

impl SimdOp for Scaled<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (float, whole) = (isa.f32(), isa.i32());
        let lanes = float.len();
        let (zeros, factor) = (whole.splat(self.zero), float.splat(self.scale));
        let mut at = 0;
        while at + lanes <= self.out.len() {
            let sums = whole.load(&self.sums[at..]);
            let columns = whole.load(&self.columns[at..]);
            let exact = whole.to_float(whole.sub(sums, whole.mul(zeros, columns)));
            let scale = float.mul(float.load(&self.scales[at..]), factor);
            let out = float.mul_add(exact, scale, float.load(&self.out[at..]));
            float.store(out, &mut self.out[at..]);
            at += lanes;
        }
        for at in at..self.out.len() {
            let exact = (self.sums[at] - self.zero * self.columns[at]) as f32;
            self.out[at] += exact * self.scales[at] * self.scale;
        }
    }
}

/// Rounds numbers to bytes: `number / scale + zero`.
pub(super) fn round_to(out: &mut [u8], numbers: &[f32], scale: f32, zero: u8) {
    Rounding { numbers, inverse: 1.0 / scale, zero, out }.dispatch();
}

struct Rounding<'a> {
    numbers: &'a [f32],
    inverse: f32,
    zero: u8,
    out: &'a mut [u8],
}

impl SimdOp for Rounding<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (float, whole, half, byte) = (isa.f32(), isa.i32(), isa.i16(), isa.u8());
        let (lanes, step) = (float.len(), 4 * float.len());
        let (inverse, zero) = (float.splat(self.inverse), whole.splat(i32::from(self.zero)));
        let mut at = 0;
        while at + step <= self.out.len() {
            let quarter = |n: usize| {
                let number = float.load(&self.numbers[at + n * lanes..]);
                whole.add(float.to_int_round(float.mul(number, inverse)), zero)
            };
            let low = whole.narrow_saturate(quarter(0), quarter(1));
            let high = whole.narrow_saturate(quarter(2), quarter(3));
            byte.store(half.narrow_saturate(low, high), &mut self.out[at..]);
            at += step;
        }
        for at in at..self.out.len().min(self.numbers.len()) {
            let number = (self.numbers[at] * self.inverse).round_ties_even() as i32 + i32::from(self.zero);
            self.out[at] = number.clamp(0, 255) as u8;
        }
    }
}

/// Makes negative numbers zero and gives the largest.
pub(super) fn rectify(numbers: &mut [f32]) -> f32 {
    Rectify(numbers).dispatch()
}

struct Rectify<'a>(&'a mut [f32]);

impl SimdOp for Rectify<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let float = isa.f32();
        let lanes = float.len();
        let mut most = float.zero();
        let mut chunks = self.0.chunks_exact_mut(lanes);
        for chunk in chunks.by_ref() {
            let numbers = float.max(float.load(chunk), float.zero());
            most = float.max(most, numbers);
            float.store(numbers, chunk);
        }
        // No processor's vectors hold more.
        let mut each = [0.0_f32; 64];
        float.store(most, &mut each);
        let mut largest = each.into_iter().fold(0.0, f32::max);
        for number in chunks.into_remainder() {
            *number = number.max(0.0);
            largest = largest.max(*number);
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Numbers without a pattern, between -1 and 1.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn bytes_give_about_what_numbers_give() {
        let multipliers = Multipliers::new();
        if !multipliers.whole_numbers() {
            return;
        }
        // Sizes no vector divides, one row and several, states and rectified numbers.
        for (rows, inputs, outputs) in [(1, 37, 29), (5, 160, 640), (13, 72, 273)] {
            let (matrix, bias) = (numbers(inputs * outputs, 1), numbers(outputs, 2));
            let exact = Linear::new(&multipliers, &matrix, &bias, false);
            let rounded = Linear::new(&multipliers, &matrix, &bias, true);
            let x = numbers(rows * inputs, 3);
            let mut wanted = vec![0.0; rows * outputs];
            exact.apply_float(&multipliers, &x, &mut wanted, false).unwrap();
            let mut bytes = vec![0; x.len()];
            round_to(&mut bytes, &x, 1.0 / 127.0, 128);
            let input = Rounded { values: &bytes, scales: &[1.0 / 127.0], zero: 128 };
            let mut found = vec![0.0; rows * outputs];
            rounded.apply_whole(&multipliers, &input, &mut found, &mut Vec::new(), false).unwrap();
            // A rounding error of half a byte on either side, summed like a random walk.
            let most = 4.0 * (inputs as f32).sqrt() * 0.5 / 127.0;
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!((found - wanted).abs() < most, "{rows}x{inputs}x{outputs}: {found} for {wanted}");
            }
            rounded.apply_whole(&multipliers, &input, &mut found, &mut Vec::new(), true).unwrap();
            for ((twice, wanted), bias) in found.iter().zip(&wanted).zip(bias.iter().cycle()) {
                assert!((twice - (2.0 * wanted - bias)).abs() < 2.0 * most, "adding: {twice} for {wanted}");
            }
        }
    }

    #[test]
    fn a_scale_for_each_row_is_used_for_that_row() {
        let multipliers = Multipliers::new();
        if !multipliers.whole_numbers() {
            return;
        }
        let layer = Linear::new(&multipliers, &[1.0, 1.0, 1.0], &[0.5], true);
        let input = Rounded { values: &[1, 2, 3, 1, 2, 3], scales: &[1.0, 10.0], zero: 0 };
        let mut found = vec![0.0; 2];
        layer.apply_whole(&multipliers, &input, &mut found, &mut Vec::new(), false).unwrap();
        assert!((found[0] - 6.5).abs() < 1e-4 && (found[1] - 60.5).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn rounding_saturates_and_rectifying_finds_the_largest() {
        let mut bytes = [7; 70];
        let mut wide = vec![0.0; 70];
        (wide[3], wide[68], wide[69]) = (-9.0, 9.0, 0.5);
        round_to(&mut bytes, &wide, 1.0 / 127.0, 128);
        assert_eq!((bytes[0], bytes[3], bytes[68], bytes[69]), (128, 0, 255, 192));
        for at in [0, 31, 69] {
            let mut numbers = vec![-1.0; 70];
            numbers[at] = 2.5;
            assert_eq!(rectify(&mut numbers), 2.5);
            assert!(numbers.iter().enumerate().all(|(i, n)| *n == if i == at { 2.5 } else { 0.0 }));
        }
    }
}
