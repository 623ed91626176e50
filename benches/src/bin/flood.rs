//! Good sessions beside a flood of forged tokens: one thread serves the former, another the latter.
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
    rows,
};

const ROUNDS: usize = 61;
const REQUESTS: usize = 20_000;

fn main() {
    let sessions = env::args().nth(1).map_or(10_000, |n| n.parse().expect("a number of sessions"));
    eprintln!("signing in {sessions} …");
    let wanted = |name: &str| [rows::COOKIE_AROUND, rows::FORGED].contains(&name);
    let rows = runtime().block_on(rows::contestants(sessions, &wanted));
    let [good, forged] = &rows[..] else { panic!("two rows") };

    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut alone, mut beside, mut ratios, mut flood) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let order: Vec<u32> = (0..REQUESTS).map(|_| random.below(sessions)).collect();
        let without = time(good, &order).as_nanos() as f64 / REQUESTS as f64;
        let (with, refused) = under_flood(forged, sessions, || time(good, &order));
        let seconds = with.as_secs_f64();
        let with = with.as_nanos() as f64 / REQUESTS as f64;
        alone.push(without);
        beside.push(with);
        ratios.push(with / without);
        flood.push(refused as f64 / seconds);
    }
    println!("\n### {sessions} good sessions, one thread; forged tokens on another\n");
    println!("| good alone, ns | beside the flood, ns | × | forged a second |\n|--:|--:|--:|--:|");
    println!(
        "| {:.0} | {:.0} | {:.2} | {:.0} |",
        median(&alone),
        median(&beside),
        median(&ratios),
        median(&flood)
    );
}

fn time(row: &Contestant, order: &[u32]) -> Duration {
    let runtime = runtime();
    runtime.block_on(row.serve(&order[..order.len() / 4]));
    let began = Instant::now();
    runtime.block_on(row.serve(order));
    began.elapsed()
}

/// What `measured` takes while another thread serves nothing but forged tokens, and how many it served.
fn under_flood(forged: &Contestant, sessions: usize, measured: impl FnOnce() -> Duration) -> (Duration, u64) {
    const BATCH: usize = 500;
    let (over, served) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random(0x2545_f491_4f6c_dd1d);
            let runtime = runtime();
            while !over.load(Ordering::Relaxed) {
                let order: Vec<u32> = (0..BATCH).map(|_| random.below(sessions)).collect();
                runtime.block_on(forged.serve(&order));
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
        let flood = (served.load(Ordering::Relaxed) - before) as f64 * time.as_secs_f64()
            / began.elapsed().as_secs_f64();
        over.store(true, Ordering::Relaxed);
        (time, flood as u64)
    })
}
