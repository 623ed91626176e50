//! Who is logged in, as the application kept it before: a random text in a cookie, a table in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, header::COOKIE};

use crate::failure::Error;

#[derive(Clone, Default)]
pub(crate) struct Logins(Arc<Mutex<HashMap<String, String>>>);

impl Logins {
    /// Logs a user in; the cookie to set.
    pub(crate) fn open(&self, user_id: &str) -> Result<String, Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        self.table().insert(token.clone(), user_id.to_owned());
        Ok(format!("login={token}; HttpOnly; SameSite=Lax; Path=/"))
    }

    /// The id of the user that a request is from.
    pub(crate) fn user_id(&self, headers: &HeaderMap) -> Option<String> {
        self.table().get(token(headers)?).cloned()
    }

    pub(crate) fn close(&self, headers: &HeaderMap) {
        if let Some(token) = token(headers) {
            self.table().remove(token);
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("login="))
}
