//! Fitting a monotone map from confidence to probability.

/// Fields that share a step of the map at least.
const SMALLEST_STEP: usize = 30;

/// A step of the map: fields of neighbouring confidence.
#[derive(Copy, Clone)]
struct Step {
    confidence: f64,
    right: f64,
    count: f64,
}

impl Step {
    fn share(self) -> f64 {
        self.right / self.count
    }
}

/// Isotonic regression by pooling adjacent violators (Ayer et al. 1955; for calibration: Zadrozny and Elkan 2002) of
/// `(confidence, right)` pairs: points `[confidence, probability]`, both ascending, for linear interpolation.
///
/// A probability is `(right + ½) / (count + 1)` of its step, so that a step without an error is not taken for
/// certainty. Empty where there are fewer than 30 pairs.
pub fn fit_calibration(pairs: &[(f64, bool)]) -> Vec<[f32; 2]> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut steps: Vec<Step> = Vec::new();
    for chunk in sorted.chunks_exact(SMALLEST_STEP.min(sorted.len().max(1))) {
        if chunk.len() < SMALLEST_STEP {
            break;
        }
        let count = chunk.len() as f64;
        let confidence = chunk.iter().map(|pair| pair.0).sum::<f64>() / count;
        steps.push(Step { confidence, right: chunk.iter().filter(|pair| pair.1).count() as f64, count });
        while let [.., a, b] = steps[..]
            && (a.share() >= b.share() || b.confidence - a.confidence < 1e-6)
        {
            let count = a.count + b.count;
            let confidence = (a.confidence * a.count + b.confidence * b.count) / count;
            steps.truncate(steps.len() - 2);
            steps.push(Step { confidence, right: a.right + b.right, count });
        }
    }
    let mut points: Vec<[f32; 2]> = Vec::new();
    for step in steps {
        let probability = ((step.right + 0.5) / (step.count + 1.0)) as f32;
        let least = points.last().map_or(0.0, |last| last[1]);
        points.push([step.confidence as f32, probability.max(least)]);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overconfidence_is_taken_back() {
        // Right half as often as promised.
        let pairs: Vec<(f64, bool)> =
            (0..2000).map(|i| (f64::from(i % 100) / 100.0, (i / 100) * 10 < i % 100)).collect();
        let points = fit_calibration(&pairs);
        assert!(points.len() > 3, "{points:?}");
        assert!(points.windows(2).all(|w| w[0][0] < w[1][0] && w[0][1] <= w[1][1]), "{points:?}");
        for [confidence, probability] in points {
            assert!((probability - confidence / 2.0).abs() < 0.06, "{confidence} {probability}");
        }
    }

    #[test]
    fn a_step_without_an_error_is_not_certain_and_few_fields_say_nothing() {
        let all_right = vec![(0.9, true); 300];
        let points = fit_calibration(&all_right);
        assert_eq!(points.len(), 1);
        assert!(points[0][1] > 0.99 && points[0][1] < 1.0);
        assert!(fit_calibration(&all_right[..20]).is_empty());
        assert!(fit_calibration(&[]).is_empty());
    }
}
