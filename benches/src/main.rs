//! Times requests, in this process, in alternating rounds.

use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use vestibule_benches::{Contestant, rows};

const ROUNDS: usize = 31;
const REQUESTS: usize = 4_000;

fn main() {
    let sessions: Vec<usize> = std::env::args().skip(1).map(|n| n.parse().unwrap()).collect();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    for sessions in sessions {
        let rows = runtime.block_on(rows::contestants(sessions, &|_| true));
        println!("{sessions} sessions");
        table(&runtime, &rows, sessions);
    }
}

fn table(runtime: &Runtime, rows: &[Contestant], sessions: usize) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut times = vec![Vec::new(); rows.len()];
    for round in 0..ROUNDS + 2 {
        let order: Vec<u32> = (0..REQUESTS)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                (random % sessions as u64) as u32
            })
            .collect();
        for (row, times) in rows.iter().zip(&mut times) {
            let began = Instant::now();
            runtime.block_on(row.serve(&order));
            if round > 1 {
                times.push(began.elapsed().as_nanos() as f64 / REQUESTS as f64);
            }
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let bare = median(&mut times[0].clone());
    for (row, times) in rows.iter().zip(&mut times) {
        let time = median(times);
        println!("{:<50} {time:>8.0} ns {:>6.2} x", row.name, time / bare);
    }
}
