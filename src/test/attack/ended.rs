//! Sessions and tokens that were good, and are not any more. Each lets somebody in first, so that whatever
//! remembers them remembers these.

use std::time::Duration;

use super::{
    Try,
    forged::soon_stale,
    ground::{Course, Ground, Stop, fresh_name},
};
use crate::{domain::MemberStatus, test::SignedIn};

pub(super) const TRIES: [Try; 11] = [
    ("a session that was signed out", |ground| Box::pin(signed_out(ground))),
    ("a session that was revoked", |ground| Box::pin(revoked(ground))),
    ("a session of a member whose sessions were all revoked", |ground| Box::pin(all_revoked(ground))),
    ("a session past its end", |ground| Box::pin(past_its_end(ground))),
    ("a session that lay idle", |ground| Box::pin(idle(ground))),
    ("a token that a step-up has replaced", |ground| Box::pin(replaced(ground))),
    ("a session of a member who was deactivated", |ground| Box::pin(deactivated(ground))),
    ("a session of a member who was deleted", |ground| Box::pin(deleted(ground))),
    ("a session of a member whose second factors were reset", |ground| Box::pin(reset(ground))),
    ("a session of an organization that was deleted", |ground| Box::pin(organization_deleted(ground))),
    ("a session that can't be checked because the store fails", |ground| Box::pin(unchecked(ground))),
];

async fn refused(ground: &Ground, member: &SignedIn) -> Course {
    ground.must_refuse(ground.request_of(member)?, "it").await
}

async fn signed_out(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    member.sign_out().await?;
    refused(ground, &member).await
}

async fn revoked(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let session_id = member.session().await?.member_session_id();
    ground.kit.vestibule().revoke(&session_id).await?;
    refused(ground, &member).await
}

async fn all_revoked(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    ground.kit.vestibule().revoke_member(&member.member().member().member_id, None).await?;
    refused(ground, &member).await
}

async fn past_its_end(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let left = member.session().await?.expires_at().since(ground.kit.now());
    ground.kit.clock().advance(left.unwrap_or_default());
    refused(ground, &member).await
}

async fn idle(ground: &Ground) -> Course {
    let policy = ground.kit.vestibule().engine().settings.sessions;
    let member = ground.let_in().await?;
    let left = member.session().await?.expires_at().since(ground.kit.now()).unwrap_or_default();
    let idle = policy.idle + Duration::from_secs(1);
    if left <= idle {
        return Err(Stop::NotApplicable("sessions end before they can lie idle for long enough".to_owned()));
    }
    ground.kit.clock().advance(idle);
    refused(ground, &member).await
}

async fn replaced(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let (demand, later) = soon_stale();
    ground.kit.clock().advance(later);
    member.step_up(&demand).await?;
    refused(ground, &member).await
}

async fn deactivated(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let mut changed = member.member().member().clone();
    changed.status = MemberStatus::Deleted;
    ground.kit.vestibule().update_member(&changed).await?;
    refused(ground, &member).await
}

async fn deleted(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    ground.kit.vestibule().delete_member(&member.member().member().member_id).await?;
    refused(ground, &member).await
}

async fn reset(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    ground.kit.vestibule().reset_mfa(&member.member().member().member_id).await?;
    refused(ground, &member).await
}

async fn organization_deleted(ground: &Ground) -> Course {
    let organization = ground.kit.organization(&fresh_name("deleted")?).await?;
    let member = ground.recruit(&organization, true, true)?.await?.sign_in().await?;
    ground.send(ground.request_in(&organization, &member)?).await?;
    ground.kit.vestibule().delete_organization(&organization.organization_id).await?;
    ground.must_refuse(ground.request_in(&organization, &member)?, "it").await
}

/// Whether it was revoked, or its member deactivated, nobody can tell.
async fn unchecked(ground: &Ground) -> Course {
    for (what, switch) in ground.kit.switches() {
        let member = ground.let_in().await?;
        // What is in memory needs no store.
        ground.kit.vestibule().member_changed(&member.member().member().member_id);
        let outage = switch.off();
        let answer = ground.send(ground.request_of(&member)?).await;
        drop(outage);
        ground.must_have_refused(&answer?, &format!("it, while {what} failed,"))?;
        ground.must_let_in(&member).await?;
    }
    Ok(())
}
