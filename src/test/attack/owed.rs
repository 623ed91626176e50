//! Sessions that lack something of what the route demands.

use std::time::Duration;

use super::{
    Try,
    ground::{Course, DOMAIN, Ground, Stop, fresh_name},
};
use crate::{
    domain::{Domain, FactorDemand, FactorKind, ImplicitRole},
    test::{KitError, SignedIn},
};

pub(super) const TRIES: [Try; 11] = [
    ("a member without the role or permission", |ground| Box::pin(without_role(ground))),
    ("a role that was taken away", |ground| Box::pin(role_taken_away(ground))),
    ("a role that the organization gave and took away", |ground| Box::pin(given_by_organization(ground))),
    ("a member without the role and without the factor", |ground| Box::pin(without_both(ground))),
    ("a session of another organization", |ground| Box::pin(of_another_organization(ground))),
    ("a session without the factor", |ground| Box::pin(without_factor(ground))),
    ("a factor that is too old", |ground| Box::pin(too_old(ground))),
    ("a factor that was set up in this very session", |ground| Box::pin(set_up_here(ground))),
    ("a factor that was proved in another session", |ground| Box::pin(proved_elsewhere(ground))),
    ("a factor that was proved in another organization", |ground| Box::pin(switched(ground))),
    ("a recovery code where an authenticator app is demanded", |ground| Box::pin(recovery_code(ground))),
];

fn moot(why: &str) -> Stop {
    Stop::NotApplicable(why.to_owned())
}

/// Members without roles have those that everybody has.
async fn lacks_role(ground: &Ground, member: &SignedIn) -> Course {
    let session = member.session().await?;
    let requirement = &ground.route.requirement;
    let role = requirement.role_demand().is_none_or(|role| session.has_role(role.as_str()));
    let permission =
        requirement.permission_demand().is_none_or(|(resource, action)| session.permits(resource, action));
    if role && permission { Err(moot("no role is demanded that not everybody has")) } else { Ok(()) }
}

async fn without_role(ground: &Ground) -> Course {
    let member = ground.recruit(&ground.organization, false, true)?.await?.sign_in().await?;
    lacks_role(ground, &member).await?;
    ground.must_refuse(ground.request_of(&member)?, "a member without it").await
}

async fn role_taken_away(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let mut changed = member.member().member().clone();
    changed.roles.clear();
    ground.kit.vestibule().update_member(&changed).await?;
    lacks_role(ground, &member).await?;
    ground.must_refuse(ground.request_of(&member)?, "a member who had it").await
}

/// To everybody with an address of a domain.
async fn given_by_organization(ground: &Ground) -> Course {
    let domain = Domain::parse(DOMAIN).map_err(KitError::from)?;
    let given = ground.demanded_roles()?.into_iter();
    let given = given.map(|role_id| ImplicitRole { domain: domain.clone(), role_id }).collect();
    let make = ground.kit.organization(&fresh_name("giving")?);
    let mut organization =
        make.with(|organization| organization.rbac_email_implicit_role_assignments = given).await?;
    let member = ground.recruit(&organization, false, true)?.await?.sign_in().await?;
    ground.must_let_in_at(&organization, &member).await?;
    organization.rbac_email_implicit_role_assignments.clear();
    ground.kit.vestibule().update_organization(&organization).await?;
    lacks_role(ground, &member).await?;
    ground.must_refuse(ground.request_in(&organization, &member)?, "a member who had it").await
}

/// Neither may stand in for the other.
async fn without_both(ground: &Ground) -> Course {
    second_demanded(ground)?;
    let member = ground.recruit(&ground.organization, false, false)?.await?.sign_in().await?;
    lacks_role(ground, &member).await?;
    ground.must_refuse(ground.request_of(&member)?, "a member with neither").await
}

async fn of_another_organization(ground: &Ground) -> Course {
    if !ground.route.names_organization() {
        return Err(moot("the route names no organization; write {organization} where it does"));
    }
    let other = ground.kit.organization(&fresh_name("other")?).await?;
    let stranger = ground.recruit(&other, true, true)?.await?.sign_in().await?;
    ground.must_refuse(ground.request_of(&stranger)?, "a member of another organization").await
}

fn demanded(ground: &Ground) -> Result<&FactorDemand, Stop> {
    ground.route.requirement.factor_demand().ok_or_else(|| moot("no factor is demanded"))
}

fn second_demanded(ground: &Ground) -> Result<&FactorDemand, Stop> {
    let demand = demanded(ground)?;
    if demand.is_primary() {
        Err(moot("a first factor is demanded, which every session has"))
    } else {
        Ok(demand)
    }
}

async fn without_factor(ground: &Ground) -> Course {
    second_demanded(ground)?;
    let member = ground.recruit(&ground.organization, true, false)?.await?.sign_in().await?;
    ground.must_refuse(ground.request_of(&member)?, "a session without it").await
}

/// No use of the session makes the factor younger.
async fn too_old(ground: &Ground) -> Course {
    let age = max_age(ground)?;
    let member = ground.let_in().await?;
    let left = member.session().await?.expires_at().since(ground.kit.now()).unwrap_or_default();
    if left <= age + Duration::from_secs(1) {
        return Err(moot("sessions end before it is"));
    }
    ground.kit.clock().advance(age / 2);
    ground.must_let_in(&member).await?;
    ground.kit.clock().advance(age - age / 2 + Duration::from_secs(1));
    ground.must_refuse(ground.request_of(&member)?, &format!("one of {} seconds", age.as_secs() + 1)).await
}

/// How old the factor may be.
fn max_age(ground: &Ground) -> Result<Duration, Stop> {
    demanded(ground)?.max_age().ok_or_else(|| moot("the factor may be of any age"))
}

async fn set_up_here(ground: &Ground) -> Course {
    let demand = second_demanded(ground)?;
    if ground.kit.vestibule().engine().settings.sessions.enrolled_answers {
        return Err(moot("session_policy.enrolled_answers lets it answer"));
    }
    if !demand.takes(FactorKind::Totp) {
        return Err(moot("an authenticator app is not what is demanded"));
    }
    let member = ground.recruit(&ground.organization, true, false)?.await?.sign_in().await?;
    let (_, member) = member.enrol_totp().await?;
    ground.must_refuse(ground.request_of(&member)?, "an authenticator app that was").await
}

/// Of the same member: what one session has proved says nothing of who holds the other.
async fn proved_elsewhere(ground: &Ground) -> Course {
    let age = max_age(ground)?;
    let stolen = ground.let_in().await?;
    ground.kit.clock().advance(age + Duration::from_secs(1));
    let raised = stolen.member().sign_in().await?;
    ground.must_let_in(&raised).await?;
    ground.must_refuse(ground.request_of(&stolen)?, "the session beside it").await
}

/// Of the same person, who is a member here as well, and turns to here: the app is the other member's.
async fn switched(ground: &Ground) -> Course {
    if !second_demanded(ground)?.takes(FactorKind::Totp) {
        return Err(moot("an authenticator app is not what is demanded"));
    }
    let other = ground.kit.organization(&fresh_name("other")?).await?;
    let there = ground.recruit(&other, true, true)?.await?.sign_in().await?;
    // So that whatever remembers who has proved what remembers this.
    ground.send(ground.request_in(&other, &there)?).await?;
    let address = there.member().member().email_address.as_str();
    let mut here = ground.kit.member(&ground.organization, address);
    for role in ground.demanded_roles()? {
        here = here.role(role.as_str());
    }
    let turned = there.switch_to(&here.await?).await?;
    ground.must_refuse(ground.request_of(&turned)?, "a session that was switched").await
}

async fn recovery_code(ground: &Ground) -> Course {
    let demand = second_demanded(ground)?;
    if demand.takes(FactorKind::RecoveryCodes) || !demand.takes(FactorKind::Totp) {
        return Err(moot("an authenticator app is not what is demanded"));
    }
    let member = ground.recruit(&ground.organization, true, true)?.await?;
    let recovered = member.recover().await?;
    ground.must_refuse(ground.request_of(&recovered)?, "a session with a recovery code").await
}
