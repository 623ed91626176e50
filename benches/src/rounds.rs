//! Rounds of requests that alternate between the rows, so that whatever else the machine does meets all.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Runtime};

use crate::{Contestant, figures::median};

const ROUNDS: usize = 25;
const WARM_UP: usize = 2;
const REQUESTS: usize = 4_000;

/// The median of what a request takes in each row, in nanoseconds. With several threads: of the time that
/// passes by request, whichever thread serves it.
pub fn medians(rows: &[Contestant], sessions: usize, threads: usize) -> Vec<f64> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut times = vec![Vec::new(); rows.len()];
    for round in 0..WARM_UP + ROUNDS {
        for turn in 0..rows.len() {
            // Another row begins each round, and none repeats the order of the one before it.
            let row = (turn + round) % rows.len();
            let orders: Vec<Vec<u32>> =
                (0..threads).map(|_| (0..REQUESTS).map(|_| random.below(sessions)).collect()).collect();
            let time = time(&rows[row], &orders).as_nanos() as f64 / (REQUESTS * threads) as f64;
            if round >= WARM_UP {
                times[row].push(time);
            }
        }
    }
    times.iter().map(|times| median(times)).collect()
}

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn time(row: &Contestant, orders: &[Vec<u32>]) -> Duration {
    let barrier = Barrier::new(orders.len());
    thread::scope(|scope| {
        let serve = |order| {
            let barrier = &barrier;
            scope.spawn(move || {
                let runtime = runtime();
                barrier.wait();
                let began = Instant::now();
                runtime.block_on(row.serve(order));
                (began, Instant::now())
            })
        };
        let threads: Vec<_> = orders.iter().map(|order| serve(order)).collect();
        let times: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let began = times.iter().map(|(began, _)| *began).min().unwrap();
        let ended = times.iter().map(|(_, ended)| *ended).max().unwrap();
        ended - began
    })
}

/// Xorshift: which session comes next need not surprise anybody.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as u32
    }
}
