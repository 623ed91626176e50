//! The law, stated once more and differently, and held against the judge.

mod accepting;
mod adding;
mod changing;
mod demands;
mod entering;
mod joining;
mod locking;
mod opening;
mod oracle;
mod people;
mod properties;
mod raising;
mod resuming;
mod roles;
mod showing;
mod using;
mod world;

/// A session that is found by this key.
pub(crate) fn a_session(key: crate::domain::TokenKey) -> super::MemberSession {
    let mut session = people::Scene::new().signed_in();
    let parts = session.parts().clone();
    session.settle(key, parts);
    session
}
