//! Good sessions beside floods of what lets nobody in: one thread serves the former, another the latter. All over
//! SQLite, which some of it could make work.
//!
//! `flood [SESSIONS]`: 10,000 by default.

use std::{
    env,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use vestibule_benches::{
    Contestant,
    figures::median,
    rounds::{Random, runtime},
    rows::{self, Floods},
};

const ROUNDS: usize = 61;
const REQUESTS: usize = 20_000;

fn main() {
    let sessions = env::args().nth(1).map_or(10_000, |n| n.parse().expect("a number of sessions"));
    eprintln!("signing in {sessions} …");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vestibule.sqlite");
    let Floods { good, floods } = runtime().block_on(rows::floods(sessions, &file));
    println!("\n### {sessions} good sessions, one thread; a flood on another\n");
    println!("| flood of | good alone, ns | beside the flood, ns | × | of the flood a second |");
    println!("|---|--:|--:|--:|--:|");
    for flood in &floods {
        eprintln!("{} …", flood.name);
        measure(&good, sessions, flood);
    }
}

fn measure(good: &Contestant, sessions: usize, flood: &Contestant) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut alone, mut beside, mut ratios, mut rates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let order: Vec<u32> = (0..REQUESTS).map(|_| random.below(sessions)).collect();
        let without = time(good, &order).as_nanos() as f64 / REQUESTS as f64;
        let (with, refused) = under_flood(flood, || time(good, &order));
        let seconds = with.as_secs_f64();
        let with = with.as_nanos() as f64 / REQUESTS as f64;
        alone.push(without);
        beside.push(with);
        ratios.push(with / without);
        rates.push(refused as f64 / seconds);
    }
    println!(
        "| {} | {:.0} | {:.0} | {:.2} | {:.0} |",
        flood.name,
        median(&alone),
        median(&beside),
        median(&ratios),
        median(&rates)
    );
}

fn time(row: &Contestant, order: &[u32]) -> Duration {
    let runtime = runtime();
    runtime.block_on(row.serve(&order[..order.len() / 4]));
    let began = Instant::now();
    runtime.block_on(row.serve(order));
    began.elapsed()
}

/// What `measured` takes while another thread serves nothing but the flood, and how many it served.
fn under_flood(flood: &Contestant, measured: impl FnOnce() -> Duration) -> (Duration, u64) {
    const BATCH: usize = 100;
    let (over, served) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random(0x2545_f491_4f6c_dd1d);
            let runtime = runtime();
            while !over.load(Ordering::Relaxed) {
                let order: Vec<u32> = (0..BATCH).map(|_| random.below(flood.credentials().len())).collect();
                runtime.block_on(flood.serve(&order));
                served.fetch_add(BATCH as u64, Ordering::Relaxed);
            }
        });
        while served.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        let before = served.load(Ordering::Relaxed);
        let began = Instant::now();
        let time = measured();
        // The flood of the whole time, for the part of it that was measured.
        let share = (served.load(Ordering::Relaxed) - before) as f64 * time.as_secs_f64()
            / began.elapsed().as_secs_f64();
        over.store(true, Ordering::Relaxed);
        (time, share as u64)
    })
}
