//! Rounds of requests that alternate between the rows, so that whatever else the machine does meets all.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Runtime};

use crate::{Contestant, figures::median};

const ROUNDS: usize = 61;
const WARM_UP: usize = 3;
/// How many requests are timed at once, at most: fewer where they take longer than this together.
const REQUESTS: usize = 1_000;
const AT_ONCE: Duration = Duration::from_millis(20);

/// The same with several threads, whose rounds have to last so long that it does not count which one begins.
const REQUESTS_EACH: usize = 50_000;

/// Before each measurement every client is served so many times untimed, or as many as there is time for, as a
/// server serves its own clients and no others': what the rows before left in the caches is not what it would find.
const AWAKE: usize = 3;
const AWAKE_FOR: Duration = Duration::from_millis(50);

/// What a request takes in a row.
#[derive(Clone, Copy)]
pub struct Time {
    /// The median, in nanoseconds. With several threads: of the time that passes by request, at the rates of all
    /// of them together.
    pub nanoseconds: f64,
    /// The median of the ratios to the first row in the same round: the machine's speed varies from round
    /// to round, and by as much as what is measured.
    pub ratio: f64,
}

/// Measures each row.
///
/// # Panics
/// When a row answers something else in the end than it did before.
pub fn times(rows: &[Contestant], sessions: usize, threads: usize) -> Vec<Time> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut times = vec![Vec::new(); rows.len()];
    let paces: Vec<Pace> = rows.iter().map(|row| pace(row, sessions, threads)).collect();
    for round in 0..WARM_UP + ROUNDS {
        for turn in 0..rows.len() {
            // Another row begins each round, and none repeats the order of the one before it.
            let row = (turn + round) % rows.len();
            let Pace { awake, requests } = paces[row];
            let mut order = || (0..awake + requests).map(|_| random.below(sessions)).collect();
            let orders: Vec<Vec<u32>> = (0..threads).map(|_| order()).collect();
            let time = time(&rows[row], &orders, requests);
            if round >= WARM_UP {
                times[row].push(time);
            }
        }
    }
    // A JWT may have expired, and a refusal is quick.
    rows.iter().for_each(|row| runtime().block_on(row.check()));
    let ratios =
        |row: &[f64]| -> Vec<f64> { row.iter().zip(&times[0]).map(|(time, bare)| time / bare).collect() };
    times.iter().map(|row| Time { nanoseconds: median(row), ratio: median(&ratios(row)) }).collect()
}

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// How many requests of a row are served at once.
#[derive(Clone, Copy)]
struct Pace {
    /// Untimed.
    awake: usize,
    /// Timed.
    requests: usize,
}

fn pace(row: &Contestant, sessions: usize, threads: usize) -> Pace {
    const TRIAL: u32 = 100;
    let runtime = runtime();
    runtime.block_on(row.serve(&[0; TRIAL as usize]));
    let began = Instant::now();
    runtime.block_on(row.serve(&[0; TRIAL as usize]));
    let one = began.elapsed() / TRIAL;
    let within = |time: Duration| usize::try_from(time.as_nanos() / one.as_nanos().max(1)).unwrap();
    let most = if threads == 1 { REQUESTS } else { REQUESTS_EACH };
    // Several threads are timed for so long that they wake by it.
    let awake = if threads == 1 { within(AWAKE_FOR).min(AWAKE * sessions) } else { 0 };
    Pace { awake: awake.max(REQUESTS), requests: within(AT_ONCE).clamp(50, most) }
}

/// The nanoseconds that pass by request, in the last so many of each order. Each thread is timed by itself, and
/// their rates are added: in the time from the first one's beginning to the last one's end some would only wait.
fn time(row: &Contestant, orders: &[Vec<u32>], requests: usize) -> f64 {
    let barrier = Barrier::new(orders.len());
    thread::scope(|scope| {
        let serve = |(awake, order)| {
            let barrier = &barrier;
            scope.spawn(move || {
                let runtime = runtime();
                runtime.block_on(row.serve(awake));
                barrier.wait();
                let began = Instant::now();
                runtime.block_on(row.serve(order));
                began.elapsed()
            })
        };
        let threads: Vec<_> =
            orders.iter().map(|order| serve(order.split_at(order.len() - requests))).collect();
        let rate: f64 =
            threads.into_iter().map(|thread| requests as f64 / thread.join().unwrap().as_secs_f64()).sum();
        1e9 / rate
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
