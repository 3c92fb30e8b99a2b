//! The card of an adapted model: what it was made of, how well it reads, who agreed.

use serde::{Deserialize, Serialize};

use crate::{Comparison, FieldFigures, Scope, Verdict};

/// How a model was trained.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// sha256 of the weights it started from, hex.
    pub start: String,
    /// Verified lines that taught it.
    pub lines: usize,
    /// Times a verified line was shown, all lines together.
    pub views: usize,
    /// Pre-drawn synthetic lines mixed in.
    pub rehearsal: usize,
    /// Minutes of processor time.
    pub processor_minutes: f64,
    /// Minutes by the clock.
    pub minutes: f64,
    /// Seed.
    pub seed: u64,
}

/// What the confidence of a model is worth, on held-out lines that did not fit it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Lines the calibration was fitted to.
    pub fitted: usize,
    /// Confidence from which on a reading is offered as right.
    pub threshold: f64,
    /// Share of judging lines that are offered as right.
    pub accepted: f64,
    /// Of these, the share that is wrong.
    pub accepted_wrong: f64,
}

/// A model beside the one in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Identifier of the model in use it was compared with (`neural:…`).
    pub against: String,
    /// On verified lines neither of them was taught.
    pub verified: Comparison,
    /// On the fixed synthetic lines that ship with the program.
    pub fixed: Comparison,
    /// Whether the verified lines are of volumes the model never saw; otherwise of other pages of its volumes.
    pub unseen_volumes: bool,
    /// What the new model's confidence is worth on the verified lines.
    pub confidence: Figures,
    /// What the confidence of whole fields is worth, on verified fields of pages that did not fit it.
    #[serde(default)]
    pub fields: FieldFigures,
    /// What comes of it.
    pub verdict: Verdict,
}

/// Who agreed to a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Login of the account, or of the user of the machine.
    pub who: String,
    /// Why, in that person's words.
    pub reason: String,
}

/// The card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Identifier of the model (`neural:…`), as readings carry it.
    pub model: String,
    /// The volumes it is for.
    pub scope: Option<Scope>,
    /// Hash of its set of lines.
    pub set: String,
    /// How it was trained.
    pub terms: Terms,
    /// How it was judged, once it was.
    pub judged: Option<Judged>,
}

impl Card {
    /// The card as lines for a person.
    pub fn text(&self) -> String {
        let mut out = format!("model        {}\n", self.model);
        if let Some(scope) = &self.scope {
            out += &format!("scope        {scope}\n");
        }
        let terms = &self.terms;
        out += &format!(
            "lines        {} verified, shown {} times in all, beside {} synthetic; set {:.16}\n\
             training     {:.1} minutes ({:.1} of processor), from {:.12}\n",
            terms.lines,
            terms.views,
            terms.rehearsal,
            self.set,
            terms.minutes,
            terms.processor_minutes,
            terms.start
        );
        let Some(judged) = &self.judged else { return out + "judged       not yet\n" };
        let row = |name: &str, c: &Comparison| {
            format!(
                "{name:<12} {:.2} % → {:.2} % of characters wrong ({:+.2} to {:+.2}, paired bootstrap over {} lines; {} better, {} worse)\n",
                100.0 * c.old,
                100.0 * c.new,
                100.0 * c.difference.0,
                100.0 * c.difference.1,
                c.lines,
                c.won_lost.0,
                c.won_lost.1
            )
        };
        out += &format!("against      {}\n", judged.against);
        out += &row("verified", &judged.verified);
        out += &row("fixed", &judged.fixed);
        let unseen =
            if judged.unseen_volumes { "volumes never trained on" } else { "other pages of its own volumes" };
        out += &format!("judged by    {unseen}\n");
        out += &format!(
            "confidence   {:.1} % offered as right, {:.2} % of these wrong, from {:.4} on\n",
            100.0 * judged.confidence.accepted,
            100.0 * judged.confidence.accepted_wrong,
            judged.confidence.threshold
        );
        let fields = &judged.fields;
        if fields.fields > 0 {
            out += &format!(
                "fields       {:.1} % offered as right, {:.2} % of these wrong ({} fields of {} pages, each by the others; by the shipped tables {:.1} and {:.2} %)\n",
                100.0 * fields.accepted,
                100.0 * fields.accepted_wrong,
                fields.fields,
                fields.pages,
                100.0 * fields.shipped_accepted,
                100.0 * fields.shipped_accepted_wrong
            );
        }
        out + &format!("verdict      {}\n", judged.verdict.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Pair, compare};

    #[test]
    fn a_card_survives_its_json_and_says_its_figures() {
        let pairs: Vec<Pair> = (0..40).map(|i| Pair { old: 4 + i % 2, new: 1, length: 20 }).collect();
        let card = Card {
            model: "neural:0123456789ab".to_owned(),
            scope: Some("office:UBND phường 6".parse().unwrap()),
            set: "f".repeat(64),
            terms: Terms { lines: 200, views: 4000, rehearsal: 3000, ..Terms::default() },
            judged: Some(Judged {
                against: "neural:7c4fb548ea7f".to_owned(),
                verified: compare(&pairs),
                fixed: compare(&pairs),
                unseen_volumes: true,
                confidence: Figures::default(),
                fields: FieldFigures { fields: 90, pages: 3, accepted: 0.5, ..FieldFigures::default() },
                verdict: Verdict::Better,
            }),
        };
        let back: Card = serde_json::from_str(&serde_json::to_string(&card).unwrap()).unwrap();
        assert_eq!(back, card);
        assert!(card.text().contains("22.50 % → 5.00 %"), "{}", card.text());
        assert!(
            card.text().contains("50.0 % offered as right, 0.00 % of these wrong (90 fields"),
            "{}",
            card.text()
        );
        // Cards of before know nothing of fields.
        let mut old = serde_json::to_value(&card).unwrap();
        old["judged"].as_object_mut().unwrap().remove("fields");
        let old: Card = serde_json::from_value(old).unwrap();
        assert!(!old.text().contains("fields   "), "{}", old.text());
    }
}
