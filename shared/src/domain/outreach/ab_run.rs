//! A test of variations within an execution: a share gets them first, then the rest gets the better one.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ab_test::{Arm, Standard, chance, winner};
use super::joined::MessageContent;
use super::reader::{Reader, exact};
use super::tally::OutreachCounters;
use crate::error::Fault;

/// By what the better one is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AbMetric {
    /// Who pressed a button or a link.
    #[default]
    Clicked,
    /// Who converted.
    Converted,
    /// Who was seen to react.
    Read,
}

/// How variations are tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbTest {
    /// How many of a hundred people get the test.
    pub percentage: Decimal,
    /// How long it is waited for what they do once the last of them was sent to, in seconds.
    pub wait_seconds: i64,
    /// What they are to do.
    pub metric: AbMetric,
    /// Each variation must have been delivered to so many people.
    pub per_arm_min: u64,
    /// How sure it must be, as a share of one.
    pub confidence: Decimal,
}

/// How far an execution is with its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AbStep {
    /// The share is sent to.
    Sending,
    /// It is waited for what they do.
    Waiting,
    /// It is known what the rest gets.
    Decided,
}

/// The test of one execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AbRun {
    /// How far it is.
    pub step: AbStep,
    /// How it is done.
    pub test: AbTest,
    /// In how many chunks the share is.
    pub chunks: u64,
    /// What was counted of the variations of each message before it; an earlier execution may have sent them too.
    pub before: Vec<Vec<Arm>>,
    /// When it is decided, in Unix seconds; `None` while the share is sent to.
    pub decide_at: Option<i64>,
    /// What came of it, for each message; empty before that.
    #[serde(default)]
    pub decisions: Vec<AbDecision>,
}

/// What a test came to for one message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AbDecision {
    /// The message.
    pub message: String,
    /// What the rest gets, by its place among the arms.
    pub winner: usize,
    /// The message itself, then its variations.
    pub arms: Vec<AbFigures>,
}

/// What one variation came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AbFigures {
    /// The variation, or the message for its own content.
    pub id: String,
    /// What was counted of it.
    pub arm: Arm,
    /// How likely so much more than the base is by chance alone; `None` for the base itself.
    pub chance: Option<f64>,
}

impl AbMetric {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Clicked, Self::Converted, Self::Read];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clicked => "clicked",
            Self::Converted => "converted",
            Self::Read => "read",
        }
    }

    /// What was counted of a variation, as the test looks at it.
    #[must_use]
    pub const fn arm(self, counters: &OutreachCounters) -> Arm {
        let successes = match self {
            Self::Clicked => counters.clicked,
            Self::Converted => counters.converted,
            Self::Read => counters.read,
        };
        Arm { delivered: counters.delivered, successes }
    }
}

impl AbTest {
    /// Reads what a campaign says of it; `None` if it says nothing.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let test = body.object("abTest", faults)?;
        if test.given("testPercentage").is_none() {
            test.refuse("testPercentage", "is required", faults);
        }
        let percentage =
            test.read("testPercentage", "must be a number above 0 and below 100", faults, |value| {
                exact(value).filter(|share| *share > Decimal::ZERO && *share < Decimal::ONE_HUNDRED)
            });
        let whole = |name, least: u64, most: u64, faults: &mut Vec<Fault>| {
            let expected = format!("must be a whole number from {least} to {most}");
            test.read(name, &expected, faults, |value| {
                value.as_u64().filter(|number| (least..=most).contains(number))
            })
        };
        let minutes = whole("waitMinutes", 1, 7 * 24 * 60, faults).unwrap_or(60);
        let per_arm_min = whole("minPerArm", 1, 1_000_000, faults).unwrap_or(100);
        let words = format!("must be one of {}", AbMetric::ALL.map(AbMetric::name).join(", "));
        let metric = test.read("metric", &words, faults, |value: &Value| {
            AbMetric::ALL.into_iter().find(|metric| value.as_str() == Some(metric.name()))
        });
        let bounds = Decimal::new(5, 1)..=Decimal::new(999, 3);
        let confidence = test.read("confidence", "must be a number from 0.5 to 0.999", faults, |value| {
            exact(value).filter(|confidence| bounds.contains(confidence))
        });
        Some(Self {
            percentage: percentage.unwrap_or_default(),
            wait_seconds: i64::try_from(minutes).unwrap_or_default() * 60,
            metric: metric.unwrap_or_default(),
            per_arm_min,
            confidence: confidence.unwrap_or(Decimal::new(95, 2)),
        })
    }

    /// When a variation counts as better.
    #[must_use]
    pub fn standard(&self) -> Standard {
        // A confidence that does not read as a number lets nothing win.
        let confidence = self.confidence.to_f64().unwrap_or(1.0);
        Standard { per_arm_min: self.per_arm_min, confidence }
    }
}

impl AbRun {
    /// A test whose share is planned, in so many chunks, with what was counted before.
    #[must_use]
    pub const fn new(test: AbTest, chunks: u64, before: Vec<Vec<Arm>>) -> Self {
        Self { step: AbStep::Sending, test, chunks, before, decide_at: None, decisions: Vec::new() }
    }

    /// The share was sent to at `now`, Unix seconds.
    pub const fn wait(&mut self, now: i64) {
        self.step = AbStep::Waiting;
        self.decide_at = Some(now.saturating_add(self.test.wait_seconds));
    }

    /// Decides by what is counted by now of the variations of each message.
    pub fn decide(&mut self, content: &[MessageContent], counted: &[Vec<Arm>]) {
        let standard = self.test.standard();
        let decision = |(index, message): (usize, &MessageContent)| {
            let before = self.before.get(index).map(Vec::as_slice).unwrap_or_default();
            let counted = counted.get(index).map(Vec::as_slice).unwrap_or_default().iter().enumerate();
            let arms: Vec<_> = counted
                .map(|(place, arm)| arm.since(before.get(place).copied().unwrap_or_default()))
                .collect();
            let base = arms.first().copied().unwrap_or_default();
            let figures = |(place, (arm, id)): (usize, (&Arm, String))| AbFigures {
                id,
                arm: *arm,
                chance: (place > 0).then(|| chance(base, *arm)),
            };
            AbDecision {
                message: message.id.clone(),
                winner: winner(&arms, standard),
                arms: arms.iter().zip(message.arm_ids()).enumerate().map(figures).collect(),
            }
        };
        self.decisions = content.iter().enumerate().map(decision).collect();
        self.step = AbStep::Decided;
    }

    /// What everybody of the rest gets of each message; `None` before the decision.
    #[must_use]
    pub fn winners(&self) -> Option<Vec<usize>> {
        let winners = self.decisions.iter().map(|decision| decision.winner).collect();
        (self.step == AbStep::Decided).then_some(winners)
    }
}

impl AbDecision {
    /// The variation that the rest gets, or the message for its own content.
    #[must_use]
    pub fn winner_id(&self) -> Option<&str> {
        self.arms.get(self.winner).map(|figures| figures.id.as_str())
    }
}

impl MessageContent {
    /// By what a message's own content and its variations are counted, in their order.
    #[must_use]
    pub fn arm_ids(&self) -> Vec<String> {
        let variations = self.variations.iter().map(|variation| variation.id.clone());
        std::iter::once(self.id.clone()).chain(variations).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::Variation;
    use super::super::content::Content;
    use super::*;

    fn message() -> MessageContent {
        let variation = |id: &str| Variation { id: id.to_owned(), text: String::new(), weight: 30.into() };
        let variations = ["var1", "var2"].map(variation).to_vec();
        let (id, content, question) = ("msg1".to_owned(), Content::default(), None);
        MessageContent { id, content, variations, is_personal: true, question }
    }

    fn test() -> AbTest {
        let (confidence, metric) = (Decimal::new(95, 2), AbMetric::Clicked);
        AbTest { percentage: 10.into(), wait_seconds: 60, metric, per_arm_min: 100, confidence }
    }

    fn arm(delivered: u64, successes: u64) -> Arm {
        Arm { delivered, successes }
    }

    #[test]
    fn what_was_counted_before_a_test_is_none_of_its_figures() {
        let before = vec![vec![arm(1_000, 0), arm(1_000, 900), arm(0, 0)]];
        let mut run = AbRun::new(test(), 3, before);
        assert_eq!(run.winners(), None);
        run.wait(5);
        assert_eq!((run.decide_at, run.winners()), (Some(65), None));
        run.decide(&[message()], &[vec![arm(2_000, 100), arm(2_000, 1_000), arm(1_000, 200)]]);
        assert_eq!(run.winners(), Some(vec![2]));
        let [decision] = run.decisions.as_slice() else { panic!("{run:?}") };
        assert_eq!(decision.winner_id(), Some("var2"));
        let arms: Vec<_> = decision.arms.iter().map(|figures| figures.arm).collect();
        assert_eq!(arms, [arm(1_000, 100), arm(1_000, 100), arm(1_000, 200)]);
        let chances: Vec<_> = decision.arms.iter().map(|figures| figures.chance).collect();
        assert!(chances[0].is_none() && chances[1] == Some(1.0) && chances[2] < Some(0.001), "{chances:?}");
    }

    #[test]
    fn a_run_that_is_kept_reads_as_it_was() {
        let mut run = AbRun::new(test(), 3, vec![vec![arm(1, 0); 3]]);
        run.decide(&[message()], &[vec![arm(200, 10), arm(200, 11), arm(200, 90)]]);
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<AbRun>(&text).unwrap(), run);
    }
}
