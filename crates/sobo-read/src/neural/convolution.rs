//! The convolutions of the network, as products of patches with one matrix; pixels lie row by row, their channels
//! together.

use super::linear::{Linear, Multipliers, Rounded, rectify, round_to};
use super::weights::ConvolutionWeights;

/// What a layer gives the next: `height × width × channels`, nothing below zero after the first layer.
pub(super) struct Map {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
    /// The largest of them.
    pub(super) largest: f32,
}

/// A convolution with its rectifier; batch normalisation is folded into it.
pub(super) struct Convolution {
    shape: Shape,
    linear: Linear,
}

#[derive(Copy, Clone)]
struct Shape {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    channels: usize,
}

impl Shape {
    /// Height and width of what comes out.
    fn output(&self, height: usize, width: usize) -> [usize; 2] {
        let size = |size: usize, axis: usize| {
            (size + 2 * self.padding[axis]).saturating_sub(self.kernel[axis]) / self.stride[axis] + 1
        };
        [size(height, 0), size(width, 1)]
    }

    /// A row for each pixel that comes out: the patch it is made of.
    fn patches<T: Copy + Default>(&self, height: usize, width: usize, values: &[T]) -> Vec<T> {
        let [rows, columns] = self.output(height, width);
        let ([kernel_rows, kernel_columns], channels) = (self.kernel, self.channels);
        let mut patches = vec![T::default(); rows * columns * kernel_rows * kernel_columns * channels];
        let strip = kernel_columns * channels;
        for (place, patch) in patches.chunks_exact_mut(kernel_rows * strip).enumerate() {
            let (row, column) = (place / columns, place % columns);
            let left = column * self.stride[1];
            // What of the strip lies on the map: the rest is padding and stays zero.
            let first = self.padding[1].saturating_sub(left);
            let last = (width + self.padding[1]).saturating_sub(left).min(kernel_columns);
            for (line, strip) in patch.chunks_exact_mut(strip).enumerate() {
                let Some(y) = (row * self.stride[0] + line).checked_sub(self.padding[0]) else { continue };
                if y >= height || first >= last {
                    continue;
                }
                let from = (y * width + left + first - self.padding[1]) * channels;
                let length = (last - first) * channels;
                strip[first * channels..][..length].copy_from_slice(&values[from..][..length]);
            }
        }
        patches
    }
}

impl Convolution {
    pub(super) fn new(multipliers: &Multipliers, weights: &ConvolutionWeights) -> Self {
        let [outputs, channels, kernel_rows, kernel_columns] = weights.shape;
        let kernel = kernel_rows * kernel_columns;
        let mut matrix = Vec::with_capacity(weights.values.len());
        for output in 0..outputs {
            for place in 0..kernel {
                for channel in 0..channels {
                    matrix.push(weights.values[(output * channels + channel) * kernel + place]);
                }
            }
        }
        // The page's own pixels are few numbers to a patch, and not yet above zero.
        let whole = multipliers.whole_numbers() && channels > 1;
        Self {
            shape: Shape {
                kernel: [kernel_rows, kernel_columns],
                stride: weights.stride,
                padding: weights.padding,
                channels,
            },
            linear: Linear::new(multipliers, &matrix, &weights.bias, whole),
        }
    }

    pub(super) fn channels(&self) -> usize {
        self.shape.channels
    }

    pub(super) fn outputs(&self) -> usize {
        self.linear.outputs()
    }

    pub(super) fn run(&self, multipliers: &Multipliers, map: &Map) -> Result<Map, String> {
        let [height, width] = self.shape.output(map.height, map.width);
        let mut values = vec![0.0; height * width * self.linear.outputs()];
        if self.linear.whole() {
            let scale = map.largest.max(1e-6) / 255.0;
            let mut bytes = vec![0; map.values.len()];
            round_to(&mut bytes, &map.values, scale, 0);
            let patches = self.shape.patches(map.height, map.width, &bytes);
            let rows = Rounded { values: &patches, scales: &[scale], zero: 0 };
            self.linear.apply_whole(multipliers, &rows, &mut values, &mut Vec::new(), false)?;
        } else {
            let patches = self.shape.patches(map.height, map.width, &map.values);
            self.linear.apply_float(multipliers, &patches, &mut values, false)?;
        }
        let largest = rectify(&mut values);
        Ok(Map { height, width, values, largest })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A convolution as the textbook writes it.
    fn plain(weights: &ConvolutionWeights, map: &Map, height: usize, width: usize) -> Vec<f32> {
        let [outputs, channels, rows, columns] = weights.shape;
        let mut values = Vec::new();
        for y in 0..height {
            for x in 0..width {
                for output in 0..outputs {
                    let mut sum = weights.bias[output];
                    for channel in 0..channels {
                        for row in 0..rows {
                            for column in 0..columns {
                                let y = (y * weights.stride[0] + row).wrapping_sub(weights.padding[0]);
                                let x = (x * weights.stride[1] + column).wrapping_sub(weights.padding[1]);
                                if y < map.height && x < map.width {
                                    let at = ((output * channels + channel) * rows + row) * columns + column;
                                    sum += weights.values[at]
                                        * map.values[(y * map.width + x) * channels + channel];
                                }
                            }
                        }
                    }
                    values.push(sum.max(0.0));
                }
            }
        }
        values
    }

    #[test]
    fn patches_and_products_are_the_textbooks_convolution() {
        let wave =
            |count: usize, pace: f32| (0..count).map(|i| (i as f32 * pace).sin()).collect::<Vec<f32>>();
        for (channels, kernel, stride, padding) in
            [(1, [5, 5], [2, 2], [2, 2]), (3, [3, 3], [2, 1], [1, 1]), (4, [3, 3], [1, 1], [0, 1])]
        {
            let weights = ConvolutionWeights {
                shape: [6, channels, kernel[0], kernel[1]],
                values: wave(6 * channels * kernel[0] * kernel[1], 0.7),
                bias: wave(6, 1.3),
                stride,
                padding,
            };
            let values: Vec<f32> = wave(7 * 11 * channels, 0.37).into_iter().map(f32::abs).collect();
            let map = Map { height: 7, width: 11, values, largest: 1.0 };
            for (multipliers, most) in [(Multipliers::of_numbers(), 1e-4), (Multipliers::new(), 0.05)] {
                let found = Convolution::new(&multipliers, &weights).run(&multipliers, &map).unwrap();
                let wanted = plain(&weights, &map, found.height, found.width);
                assert_eq!(found.values.len(), wanted.len());
                for (found, wanted) in found.values.iter().zip(&wanted) {
                    assert!((found - wanted).abs() < most, "{channels} channels: {found} for {wanted}");
                }
                let largest = wanted.iter().copied().fold(0.0, f32::max);
                assert!((found.largest - largest).abs() < most);
            }
        }
    }
}
