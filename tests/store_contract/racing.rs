//! Many at once.

use std::sync::Arc;

use tokio::sync::Barrier;

pub(crate) const RACERS: usize = 64;

/// Runs so many futures, released at once, and answers what each came to, in order.
pub(crate) async fn race<T, F>(racers: usize, racer: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(racers));
    let tasks: Vec<_> = (0..racers)
        .map(|index| {
            let (barrier, racing) = (Arc::clone(&barrier), racer(index));
            tokio::spawn(async move {
                barrier.wait().await;
                racing.await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

pub(crate) fn winners(results: &[bool]) -> usize {
    results.iter().filter(|won| **won).count()
}
