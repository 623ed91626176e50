//! Counts allocations and instructions; times nothing.
//!
//! `count allocations ROW` prints calls and bytes a request. `count serve ROW N` serves N requests, to be
//! run under callgrind.

#[path = "../counting.rs"]
mod counting;

use counting::{Counting, allocated};
use vestibule_benches::{Contestant, rows};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["allocations", row] => allocations(&contestant(row).await).await,
        ["serve", row, count] => {
            let row = contestant(row).await;
            row.serve(&vec![0; 200]).await;
            row.serve(&vec![0; count.parse().expect("a number of requests")]).await;
        }
        _ => panic!("count allocations ROW, or count serve ROW REQUESTS"),
    }
}

async fn contestant(name: &str) -> Contestant {
    rows::contestants(1, &|row| row == name).await.pop().expect("a row of this name")
}

async fn allocations(row: &Contestant) {
    const REQUESTS: u64 = 1_000;
    let order = vec![0; REQUESTS as usize];
    row.serve(&order).await;
    let before = allocated();
    row.serve(&order).await;
    let after = allocated();
    // One box a round.
    println!("{} {}", (after.calls - before.calls) / REQUESTS, (after.bytes - before.bytes) / REQUESTS);
}
