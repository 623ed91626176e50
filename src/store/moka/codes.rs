//! Codes sent by email.

use ::moka::ops::compute::Op;
use aws_lc_rs::constant_time;

use super::{life::Timed, room::Room};
use crate::{
    domain::{Digest, EmailCode, Timestamp},
    store::{CodeKey, TriedCode},
};

impl Room<CodeKey, EmailCode> {
    pub(super) fn put(&self, key: CodeKey, code: EmailCode, now: Timestamp) {
        let deadline = code.expires_at;
        let entry = Timed::new(code, deadline, now);
        self.change_live(key, now, |_| if entry.lives(now) { Op::Put(entry) } else { Op::Remove });
    }

    pub(super) fn code(&self, key: &CodeKey, now: Timestamp) -> Option<EmailCode> {
        self.live(key, now).map(|entry| entry.value).filter(|code| code.tries_left > 0)
    }

    pub(super) fn attempt(&self, key: CodeKey, digest: Digest, now: Timestamp) -> TriedCode {
        let mut tried = TriedCode::Gone;
        self.change_live(key, now, |live| {
            let Some(mut entry) = live.filter(|entry| entry.value.tries_left > 0) else { return Op::Remove };
            if constant_time::verify_slices_are_equal(&entry.value.digest.0, &digest.0).is_ok() {
                tried = TriedCode::Right(entry.value);
                return Op::Remove;
            }
            entry.value.tries_left -= 1;
            tried = TriedCode::Wrong(entry.value.tries_left);
            if entry.value.tries_left == 0 { Op::Remove } else { Op::Put(entry) }
        });
        tried
    }
}
