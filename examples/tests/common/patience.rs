//! Waiting for what has to happen, but not forever.

use std::time::Duration;

/// What comes of it; a failure of the test if it does not come.
pub(crate) async fn soon<T>(what: &'static str, awaited: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(20), awaited).await;
    waited.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}
