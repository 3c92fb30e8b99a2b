//! The recurrent layers and the head, over lines of any lengths together.
//!
//! The steps of all lines are laid out step by step, longest line first, so that every step is one product over the
//! lines that still go on (as packed sequences are elsewhere).

use rten_simd::{SimdOp, SimdUnaryOp};
use rten_vecmath::{LogSoftmax, Sigmoid, Tanh};

use super::linear::{Linear, Multipliers, Rounded, round_to};
use super::weights::{LstmWeights, NetworkWeights};

/// States of a recurrent layer lie between -1 and 1: bytes around this stand for them.
const STATE_ZERO: u8 = 128;
/// What a byte of such a state is worth.
const STATE_SCALE: f32 = 1.0 / 127.0;

/// What numbers a layer takes.
#[derive(Copy, Clone)]
enum Range {
    /// From nothing up, as a rectifier leaves them.
    Rectified,
    /// States of a layer before.
    States,
}

/// One direction of a layer.
struct Direction {
    /// From `inputs` to `4 × hidden`, with the bias of both.
    input: Linear,
    /// From `hidden` to `4 × hidden`.
    recurrent: Linear,
}

/// A bidirectional LSTM (Hochreiter & Schmidhuber 1997; Graves & Schmidhuber 2005).
struct Layer {
    hidden: usize,
    range: Range,
    directions: [Direction; 2],
}

/// Everything after the convolutions.
pub(super) struct Recurrent {
    layers: Vec<Layer>,
    head: Linear,
}

/// How the steps of several lines lie in one table: step 0 of every line, step 1 of those that have one, and so on.
struct Plan {
    /// Row where a step begins; one more than there are steps.
    starts: Vec<usize>,
}

impl Plan {
    /// `lengths` descend.
    fn new(lengths: &[usize]) -> Self {
        let steps = lengths.first().copied().unwrap_or(0);
        let mut starts = Vec::with_capacity(steps + 1);
        let (mut row, mut active) = (0, lengths.len());
        for step in 0..steps {
            starts.push(row);
            while active > 0 && lengths[active - 1] <= step {
                active -= 1;
            }
            row += active;
        }
        starts.push(row);
        Self { starts }
    }

    fn steps(&self) -> usize {
        self.starts.len() - 1
    }

    fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Most lines at a step.
    fn widest(&self) -> usize {
        self.starts.get(1).copied().unwrap_or(0)
    }
}

impl Recurrent {
    pub(super) fn new(multipliers: &Multipliers, weights: &NetworkWeights) -> Self {
        let layers = (0..).zip(&weights.layers).map(|(number, layer)| {
            let range = if number == 0 { Range::Rectified } else { Range::States };
            Layer::new(multipliers, layer, range)
        });
        let layers = layers.collect();
        let (inputs, classes) = (weights.head.shape[0], weights.head.shape[1]);
        let turned: Vec<f32> = (0..classes)
            .flat_map(|class| (0..inputs).map(move |input| weights.head.values[input * classes + class]))
            .collect();
        let head = Linear::new(multipliers, &turned, &weights.head_bias.values, multipliers.whole_numbers());
        Self { layers, head }
    }

    /// Channels a step of the convolutions' output must have.
    pub(super) fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.directions[0].input.inputs())
    }

    pub(super) fn classes(&self) -> usize {
        self.head.outputs()
    }

    /// Log probabilities, `steps × classes` for each line, from its features, `steps × channels`.
    pub(super) fn run(&self, multipliers: &Multipliers, lines: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, String> {
        let (inputs, classes) = (self.inputs().max(1), self.classes());
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(lines[*index].len()));
        let lengths: Vec<usize> = order.iter().map(|index| lines[*index].len() / inputs).collect();
        let plan = Plan::new(&lengths);
        let mut table = vec![0.0; plan.rows() * inputs];
        for (place, index) in order.iter().enumerate() {
            for (row, values) in plan.starts.iter().zip(lines[*index].chunks_exact(inputs)) {
                table[(row + place) * inputs..][..inputs].copy_from_slice(values);
            }
        }
        for layer in &self.layers {
            table = layer.run(multipliers, &table, &plan)?;
        }
        let mut output = vec![0.0; plan.rows() * classes];
        apply(&self.head, multipliers, &rounded(&self.head, &table, Range::States), &table, &mut output)?;
        for row in output.chunks_exact_mut(classes) {
            LogSoftmax::new_mut(row).dispatch();
        }
        let mut results = vec![Vec::new(); lines.len()];
        for (place, (index, length)) in order.iter().zip(&lengths).enumerate() {
            let rows = plan.starts[..*length].iter().map(|row| &output[(row + place) * classes..][..classes]);
            results[*index] = rows.flatten().copied().collect();
        }
        Ok(results)
    }
}

impl Layer {
    fn new(multipliers: &Multipliers, weights: &LstmWeights, range: Range) -> Self {
        let (inputs, hidden) = (weights.inputs(), weights.hidden());
        let gates = 4 * hidden;
        let whole = multipliers.whole_numbers();
        let direction = |number: usize| {
            let input = &weights.input.values[number * gates * inputs..][..gates * inputs];
            let recurrent = &weights.recurrent.values[number * gates * hidden..][..gates * hidden];
            let (first, second) = weights.bias.values[number * 2 * gates..][..2 * gates].split_at(gates);
            let bias: Vec<f32> = first.iter().zip(second).map(|(a, b)| a + b).collect();
            Direction {
                input: Linear::new(multipliers, input, &bias, whole),
                recurrent: Linear::new(multipliers, recurrent, &vec![0.0; gates], whole),
            }
        };
        Self { hidden, range, directions: [direction(0), direction(1)] }
    }

    /// `rows × 2 hidden` from `rows × inputs`.
    fn run(&self, multipliers: &Multipliers, table: &[f32], plan: &Plan) -> Result<Vec<f32>, String> {
        let (hidden, gates) = (self.hidden, 4 * self.hidden);
        let mut output = vec![0.0; plan.rows() * 2 * hidden];
        let mut sums = vec![0.0; plan.rows() * gates];
        let mut bytes = vec![0; plan.widest() * hidden];
        let mut room = Vec::new();
        let rows = rounded(&self.directions[0].input, table, self.range);
        for (number, direction) in self.directions.iter().enumerate() {
            apply(&direction.input, multipliers, &rows, table, &mut sums)?;
            // A line that ends earlier than others begins later on the way back: with nothing remembered.
            let mut state = vec![0.0; plan.widest() * hidden];
            let mut cell = vec![0.0; plan.widest() * hidden];
            for step in 0..plan.steps() {
                let step = if number == 0 { step } else { plan.steps() - 1 - step };
                let (start, end) = (plan.starts[step], plan.starts[step + 1]);
                let state = &mut state[..(end - start) * hidden];
                let sums = &mut sums[start * gates..end * gates];
                if direction.recurrent.whole() {
                    let values = &mut bytes[..state.len()];
                    round_to(values, state, STATE_SCALE, STATE_ZERO);
                    let states = Rounded { values, scales: &[STATE_SCALE], zero: STATE_ZERO };
                    direction.recurrent.apply_whole(multipliers, &states, sums, &mut room, true)?;
                } else {
                    direction.recurrent.apply_float(multipliers, state, sums, true)?;
                }
                let lines = sums.chunks_exact_mut(gates).zip(state.chunks_exact_mut(hidden));
                for ((row, (sums, state)), cell) in (start..).zip(lines).zip(cell.chunks_exact_mut(hidden)) {
                    remember(sums, state, cell);
                    output[row * 2 * hidden + number * hidden..][..hidden].copy_from_slice(state);
                }
            }
        }
        Ok(output)
    }
}

/// The rows of a table as bytes with their scales; empty where the layer takes numbers as they are.
fn rounded(layer: &Linear, table: &[f32], range: Range) -> (Vec<u8>, Vec<f32>, u8) {
    if !layer.whole() {
        return (Vec::new(), Vec::new(), 0);
    }
    let inputs = layer.inputs().max(1);
    let mut bytes = vec![0; table.len()];
    match range {
        Range::States => {
            round_to(&mut bytes, table, STATE_SCALE, STATE_ZERO);
            (bytes, vec![STATE_SCALE], STATE_ZERO)
        }
        Range::Rectified => {
            let rows = table.chunks_exact(inputs).zip(bytes.chunks_exact_mut(inputs));
            let scales = rows.map(|(row, bytes)| {
                let scale = row.iter().copied().fold(1e-6, f32::max) / 255.0;
                round_to(bytes, row, scale, 0);
                scale
            });
            let scales = scales.collect();
            (bytes, scales, 0)
        }
    }
}

fn apply(
    layer: &Linear,
    multipliers: &Multipliers,
    (values, scales, zero): &(Vec<u8>, Vec<f32>, u8),
    table: &[f32],
    out: &mut [f32],
) -> Result<(), String> {
    if layer.whole() {
        let rows = Rounded { values, scales, zero: *zero };
        layer.apply_whole(multipliers, &rows, out, &mut Vec::new(), false)
    } else {
        layer.apply_float(multipliers, table, out, false)
    }
}

/// One step of one line: from the sums of its gates to its new cell and state.
fn remember(sums: &mut [f32], state: &mut [f32], cell: &mut [f32]) {
    let hidden = state.len();
    let (gates, candidate) = sums.split_at_mut(3 * hidden);
    Sigmoid {}.map_mut(gates);
    Tanh {}.map_mut(candidate);
    let (input, rest) = gates.split_at(hidden);
    let (output, forget) = rest.split_at(hidden);
    for (((cell, input), forget), candidate) in cell.iter_mut().zip(input).zip(forget).zip(candidate.iter()) {
        *cell = forget * *cell + input * candidate;
    }
    state.copy_from_slice(cell);
    Tanh {}.map_mut(state);
    for (state, output) in state.iter_mut().zip(output) {
        *state *= output;
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    fn steps_hold_the_lines_that_still_go_on() {
        let plan = Plan::new(&[4, 2, 2, 1]);
        assert_eq!(plan.starts, [0, 4, 7, 8, 9]);
        assert_eq!((plan.steps(), plan.rows(), plan.widest()), (4, 9, 4));
        let none = Plan::new(&[]);
        assert_eq!((none.steps(), none.rows(), none.widest()), (0, 0, 0));
        assert_eq!(Plan::new(&[2, 0]).starts, [0, 1, 2]);
    }
}
