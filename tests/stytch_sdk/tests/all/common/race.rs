//! Many tasks that begin at the same moment.

use std::sync::Arc;

use tokio::sync::Barrier;

/// Runs so many at once and answers what came of each.
pub(crate) async fn race<T, F>(count: usize, racer: impl Fn() -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let begin = || {
        let (barrier, racer) = (Arc::clone(&barrier), racer());
        tokio::spawn(async move {
            barrier.wait().await;
            racer.await
        })
    };
    let tasks: Vec<_> = std::iter::repeat_with(begin).take(count).collect();
    let mut outcomes = Vec::with_capacity(count);
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}
