//! What it takes to add, replace or remove a second factor in a live session.

use std::time::Duration;

use super::{
    policy::SessionPolicy,
    requirement::{Proof, answers},
};
use crate::domain::{Enrolment, FactorDemand, Timestamp};

/// How fresh the proof must be.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// Whether the factors held allow a change: a fresh proof of an existing second factor or, where
/// there is none, of a first one. Otherwise what is demanded.
pub(crate) fn may_change_factors(
    held: &[Proof],
    enrolment: &Enrolment,
    policy: &SessionPolicy,
    now: Timestamp,
) -> Result<(), FactorDemand> {
    let demand =
        if enrolment.has_second_factor() { FactorDemand::secondary() } else { FactorDemand::primary() };
    let demand = demand.within(FRESH);
    if answers(held, &demand, policy, now) { Ok(()) } else { Err(demand) }
}
