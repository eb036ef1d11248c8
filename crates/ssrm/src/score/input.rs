//! What the score is computed from: controls, the assets that each is measured on, and what was seen there.
//!
//! Everything that a refused read can blur is written as a range or a three-valued answer: how much an asset
//! weighs ([`Stake`]), whether it is in scope at all ([`Held`]), how many there are ([`Population`]).

use partywall_model::{ControlId, Layer, Sensitivity, Severity};

/// One control and everything that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlInput {
    /// Its id.
    pub id: ControlId,
    /// Its layer.
    pub layer: Layer,
    /// Its weight within the layer.
    pub weight: u8,
    /// Whether the layer is not credible without it.
    pub essential: bool,
    /// Whether anything in this program can measure it. Never depends on what a read brought.
    pub sensor: Presence,
    /// The assets in scope.
    pub assets: Vec<AssetInput>,
    /// What the higher levels ask for.
    pub facts: Facts,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// It is not.
    #[default]
    Absent,
    /// It is.
    Present,
}

impl Presence {
    /// Present where this holds.
    pub fn of(holds: bool) -> Self {
        if holds { Self::Present } else { Self::Absent }
    }

    /// Whether it is there.
    pub fn is_present(self) -> bool {
        self == Self::Present
    }
}

/// Facts about a control that no single asset shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Somebody is named who answers for it.
    pub owner: Presence,
    /// A gate or a continuous run is on.
    pub watch: Presence,
    /// For how many days it has stood at level 3 without a break.
    pub days_at_level_3: u32,
    /// How many days ago it was last exercised: a drill, a replay, a canary.
    pub days_since_exercise: Option<u32>,
    /// The age of the oldest fix that was not applied.
    pub oldest_fix: OldestFix,
}

/// The age of the oldest published fix that an asset still lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OldestFix {
    /// No vulnerability data bears on the control, or nothing is missing.
    #[default]
    None,
    /// So many days.
    Days(u32),
    /// It was asked for and could not be read.
    Unseen,
}

/// One asset in scope of a control.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetInput {
    /// Its group: one number for one (account, environment, service).
    pub group: Group,
    /// How much it counts.
    pub stake: Stake,
    /// Whether it was listed.
    pub population: Population,
    /// What its checks say. Empty, or nothing applicable: no sensor looked.
    pub measures: Vec<Measure>,
}

/// A group of assets, by number; only equality matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub u32);

/// Whether an asset was listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Population {
    /// It was; it is one asset.
    #[default]
    Seen,
    /// It stands for so many that a refused list would have shown, by the last list that was read.
    Counted(u64),
    /// It stands for nobody knows how many.
    Uncounted,
}

/// How much an asset counts. Its weight is sensitivity {1, 2, 4} × exposure {1, 2}.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    /// Its sensitivity at the least.
    pub sensitivity: Sensitivity,
    /// Its sensitivity at the most; higher where the labels that decide it were not read.
    pub sensitivity_at_most: Sensitivity,
    /// Whether the internet reaches it.
    pub exposure: Exposure,
    /// Whether it is in scope.
    pub held: Held,
}

/// Whether the internet reaches an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// It does not.
    #[default]
    Internal,
    /// Not established: something on the way was not seen.
    Unseen,
    /// It does.
    Internet,
}

/// Whether the customer's side of the line is to be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// The customer has a part.
    #[default]
    Customer,
    /// The holder is unknown, so it may have.
    Perhaps,
}

/// A question with a third answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likely {
    /// No.
    No,
    /// What would decide it was not seen.
    Perhaps,
    /// Yes.
    Yes,
}

impl Stake {
    /// A stake of which everything is known.
    pub fn known(sensitivity: Sensitivity, exposure: Exposure) -> Self {
        Self { sensitivity, sensitivity_at_most: sensitivity, exposure, held: Held::Customer }
    }

    /// What it surely weighs; nothing where it may be out of scope.
    pub fn least(&self) -> u64 {
        match (self.held, self.exposure) {
            (Held::Perhaps, _) => 0,
            (Held::Customer, Exposure::Internet) => 2 * units(self.sensitivity),
            (Held::Customer, Exposure::Internal | Exposure::Unseen) => units(self.sensitivity),
        }
    }

    /// What it may weigh.
    pub fn most(&self) -> u64 {
        let exposure = if self.exposure == Exposure::Internal { 1 } else { 2 };
        exposure * units(self.sensitivity_at_most.max(self.sensitivity))
    }

    /// Whether an open critical failure on it caps the control: it is exposed, or of the highest sensitivity.
    pub fn is_prized(&self) -> Likely {
        let surely = self.exposure == Exposure::Internet || self.sensitivity == Sensitivity::High;
        let perhaps = self.exposure == Exposure::Unseen || self.sensitivity_at_most == Sensitivity::High;
        match (self.held, surely, surely || perhaps) {
            (Held::Customer, true, _) => Likely::Yes,
            (_, _, true) => Likely::Perhaps,
            (_, _, false) => Likely::No,
        }
    }
}

fn units(sensitivity: Sensitivity) -> u64 {
    match sensitivity {
        Sensitivity::Low => 1,
        Sensitivity::Medium => 2,
        Sensitivity::High => 4,
    }
}

/// The heaviest that one asset can be: sensitivity 4, exposed.
pub(super) const HEAVIEST: u64 = 8;

/// One check's outcome on one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// How bad a failure is.
    pub severity: Severity,
    /// What was seen.
    pub state: State,
    /// Whether a person's word is what answers it.
    pub answered_by: AnsweredBy,
    /// Whether a waiver that has not expired stands for it. Only a failure can be exempt.
    pub waiver: Presence,
    /// Whether a failure has stood for longer than its service level allows. It goes on counting when the
    /// failure can no longer be seen: what nobody looks at is not mended.
    pub overdue: Presence,
}

impl Measure {
    /// A sensor's outcome, without waiver and within its service level.
    pub fn sensed(severity: Severity, state: State) -> Self {
        Self {
            severity,
            state,
            answered_by: AnsweredBy::Sensor,
            waiver: Presence::Absent,
            overdue: Presence::Absent,
        }
    }
}

/// What a check saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Looked at, and good.
    Pass,
    /// Looked at, and not good.
    Fail,
    /// Not seen.
    Unknown,
    /// Seen too long ago.
    Stale,
    /// Nobody answered for it.
    Manual,
    /// It has nothing to say about this asset.
    NotApplicable,
}

/// Who gave the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnsweredBy {
    /// A program that looked.
    #[default]
    Sensor,
    /// A person who signed.
    Person,
}
