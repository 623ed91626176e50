//! Password hashing off the runtime's threads: as many at a time as there are cores, a short queue
//! behind them, and a refusal when that is full.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::error::{Error, ErrorKind};

/// How many passwords may wait for each one that is hashed: a few hundred milliseconds each.
const PASSWORDS: usize = 16;

/// How many JWTs may wait for each one that is signed: half a millisecond each. Whoever waits has mostly used
/// something up for it.
const JWTS: usize = 2_000;

#[derive(Debug)]
pub(crate) struct HashingPool {
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl HashingPool {
    /// A pool for passwords.
    pub(crate) fn of_passwords() -> Self {
        Self::new(PASSWORDS)
    }

    /// A pool for the signing of JWTs.
    pub(crate) fn of_signatures() -> Self {
        Self::new(JWTS)
    }

    fn new(queue_per_worker: usize) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            working: Arc::new(Semaphore::new(workers)),
            admitted: Arc::new(Semaphore::new(workers * (queue_per_worker + 1))),
        }
    }

    /// Runs one hashing. Whoever is cancelled meanwhile keeps the places until it is done, so that
    /// hanging up makes no room for more work than there are cores.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || Error::from(ErrorKind::Busy);
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let working = Arc::clone(&self.working).acquire_owned().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(move || {
            let _places = (admitted, working);
            work()
        })
        .await
        .map_err(|_| busy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn refuses_when_the_queue_is_full_and_recovers() {
        let pool = Arc::new(HashingPool::of_passwords());
        let places = pool.admitted.available_permits();
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let held: Vec<_> = (0..places)
            .map(|_| {
                let (pool, wait) = (Arc::clone(&pool), Arc::clone(&wait));
                tokio::spawn(async move {
                    pool.run(move || {
                        let _ = wait.lock().unwrap().recv();
                    })
                    .await
                })
            })
            .collect();
        while pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(*pool.run(|| ()).await.unwrap_err().kind(), ErrorKind::Busy);
        drop(release);
        for task in held {
            task.await.unwrap().unwrap();
        }
        assert!(pool.run(|| ()).await.is_ok());
    }
}
