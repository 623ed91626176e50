//! Credentials, one document a member.

use std::sync::Arc;

use vestibule::{
    domain::{
        Credentials, Lockout, MfaMethod, Password, PendingTotp, Phone, PhoneNumber, RecoveryCode, Sealed,
        SmsCode, Totp,
    },
    store::{CredentialStore, Version},
};

use crate::{
    racing::{RACERS, race, winners},
    samples::{START, at, credential_id, digest, member_id},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

fn store(rig: &Durably) -> Arc<dyn CredentialStore> {
    rig.store.clone()
}

fn failures(failures: u32) -> Credentials {
    Credentials { lockout: Lockout { failures, ..Lockout::default() }, ..Credentials::default() }
}

pub(crate) async fn starts_empty(rig: Durably) {
    let loaded = store(&rig).load(&member_id(1)).await.unwrap();
    assert_eq!(loaded, (Credentials::default(), Version(0)));
    store(&rig).forget(&member_id(1)).await.unwrap();
    assert_eq!(store(&rig).load(&member_id(1)).await.unwrap(), loaded);
}

pub(crate) async fn keeps_whole_documents(rig: Durably) {
    let phone = Phone {
        phone_id: credential_id(3),
        number: PhoneNumber::parse("+15551234567").unwrap(),
        verified: true,
    };
    let recovery = RecoveryCode { digest: digest(5), code: Sealed((0..=255).collect()) };
    let given = Credentials {
        password: Some(Password { password_id: credential_id(1), hash: Sealed(vec![0, 255]) }),
        totp: Some(Totp { totp_id: credential_id(2), secret: Sealed(vec![1]), last_step: u64::MAX }),
        pending_totp: Some(PendingTotp {
            totp_id: credential_id(4),
            secret: Sealed(Vec::new()),
            recovery_codes: vec![recovery.clone()],
            expires_at: at(1),
            begun_in: digest(6),
        }),
        phone: Some(phone.clone()),
        sms_code: Some(SmsCode {
            digest: digest(6),
            phone,
            sent_at: START,
            expires_at: at(2),
            tries_left: 5,
            enrols_in: Some(digest(5)),
        }),
        recovery_codes: vec![recovery],
        mfa_enrolled: true,
        default_mfa_method: Some(MfaMethod::Totp),
        lockout: Lockout { failures: 10, locked_at: Some(START), locked_until: Some(at(3_600_000)) },
    };
    assert!(store(&rig).replace_if(&member_id(1), Version(0), &given).await.unwrap());
    assert_eq!(store(&rig).load(&member_id(1)).await.unwrap(), (given, Version(1)));
    assert_eq!(store(&rig).load(&member_id(2)).await.unwrap().1, Version(0));
}

pub(crate) async fn finds_the_holder_of_a_password(rig: Durably) {
    let password = |number| Credentials {
        password: Some(Password { password_id: credential_id(number), hash: Sealed(vec![1]) }),
        ..Credentials::default()
    };
    let store = store(&rig);
    for number in 1..=3 {
        assert!(store.replace_if(&member_id(number), Version(0), &password(number)).await.unwrap());
    }
    assert_eq!(store.holder_of_password(&credential_id(2)).await.unwrap(), Some(member_id(2)));
    assert_eq!(store.holder_of_password(&credential_id(4)).await.unwrap(), None);
    assert!(store.replace_if(&member_id(2), Version(1), &password(4)).await.unwrap());
    assert_eq!(store.holder_of_password(&credential_id(4)).await.unwrap(), Some(member_id(2)));
    assert_eq!(store.holder_of_password(&credential_id(2)).await.unwrap(), None);
    store.forget(&member_id(3)).await.unwrap();
    assert_eq!(store.holder_of_password(&credential_id(3)).await.unwrap(), None);
}

pub(crate) async fn replaces_only_what_was_seen(rig: Durably) {
    let store = store(&rig);
    assert!(!store.replace_if(&member_id(1), Version(1), &failures(1)).await.unwrap());
    assert!(store.replace_if(&member_id(1), Version(0), &failures(1)).await.unwrap());
    assert!(!store.replace_if(&member_id(1), Version(0), &failures(2)).await.unwrap());
    assert!(!store.replace_if(&member_id(1), Version(2), &failures(2)).await.unwrap());
    assert!(store.replace_if(&member_id(1), Version(1), &failures(2)).await.unwrap());
    assert_eq!(store.load(&member_id(1)).await.unwrap(), (failures(2), Version(2)));
}

pub(crate) async fn forgotten_stays_forgotten(rig: Durably) {
    let store = store(&rig);
    assert!(store.replace_if(&member_id(1), Version(0), &failures(1)).await.unwrap());
    let (old, seen) = store.load(&member_id(1)).await.unwrap();
    store.forget(&member_id(1)).await.unwrap();
    let (empty, version) = store.load(&member_id(1)).await.unwrap();
    assert_eq!(empty, Credentials::default());
    assert!(version > seen);
    assert!(!store.replace_if(&member_id(1), seen, &old).await.unwrap());
    assert!(!store.replace_if(&member_id(1), Version(0), &old).await.unwrap());
    assert!(store.replace_if(&member_id(1), version, &failures(3)).await.unwrap());
    assert_eq!(store.load(&member_id(1)).await.unwrap().0, failures(3));
}

pub(crate) async fn racing_to_replace_has_one_winner(rig: Durably) {
    let store = store(&rig);
    for round in 0..rig.rounds {
        let (member, seen) = (member_id(round / 3), Version(round % 3));
        let won = race(RACERS, |racer| {
            let (store, member) = (Arc::clone(&store), member.clone());
            async move { store.replace_if(&member, seen, &failures(racer as u32)).await.unwrap() }
        })
        .await;
        assert_eq!(winners(&won), 1);
        let winner = won.iter().position(|won| *won).unwrap() as u32;
        assert_eq!(store.load(&member).await.unwrap(), (failures(winner), Version(seen.0 + 1)));
    }
}

pub(crate) async fn racing_failures_are_all_counted(rig: Durably) {
    let store = store(&rig);
    for round in 0..rig.rounds / 10 {
        let member = member_id(round);
        race(16, |_| {
            let (store, member) = (Arc::clone(&store), member.clone());
            async move {
                loop {
                    let (mut mine, seen) = store.load(&member).await.unwrap();
                    mine.lockout.failures += 1;
                    if store.replace_if(&member, seen, &mine).await.unwrap() {
                        break;
                    }
                }
            }
        })
        .await;
        assert_eq!(store.load(&member).await.unwrap(), (failures(16), Version(16)));
    }
}
