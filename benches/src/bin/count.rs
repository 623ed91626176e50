//! Counts allocations and instructions of a row's request; times nothing.
//!
//! `count all ROW` prints allocations, bytes, and instructions (`–` without valgrind). `count serve ROW N` is
//! what it runs under callgrind. `count guard FILE` holds Vestibule's rows against a record.

#[path = "../counting.rs"]
mod counting;
#[path = "../guard.rs"]
mod guard;

use std::{env, process::Command};

use counting::{Counting, allocated};
use vestibule_benches::{Contestant, rounds, rows};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["all", row] => {
            let (calls, bytes) = allocations(row);
            let instructions = instructions(row).map_or_else(|| "–".to_owned(), |count| count.to_string());
            println!("{calls} {bytes} {instructions}");
        }
        ["serve", row, count] => serve(row, count.parse().expect("a number of requests")),
        ["guard", file] => guard::check(file, |row| guard::Counts {
            allocations: allocations(row).0,
            instructions: instructions(row),
        }),
        _ => panic!("count all ROW, count serve ROW REQUESTS, or count guard FILE"),
    }
}

async fn contestant(name: &str) -> Contestant {
    rows::contestants(1, &|row| row == name).await.pop().expect("a row of this name")
}

fn serve(row: &str, count: usize) {
    rounds::runtime().block_on(async { contestant(row).await.serve(&vec![0; count]).await });
}

/// How often a request allocates, and how many bytes.
fn allocations(row: &str) -> (u64, u64) {
    const REQUESTS: u64 = 1_000;
    let order = vec![0; REQUESTS as usize];
    rounds::runtime().block_on(async {
        let row = contestant(row).await;
        row.serve(&order).await;
        let before = allocated();
        row.serve(&order).await;
        let after = allocated();
        // The round's own box is lost in the division.
        ((after.calls - before.calls) / REQUESTS, (after.bytes - before.bytes) / REQUESTS)
    })
}

/// The instructions of a request: those of 1,200 less those of 200, whatever came before them. Nothing
/// where valgrind is not there.
fn instructions(row: &str) -> Option<u64> {
    let many = collected(row, 1_200)?;
    let few = collected(row, 200)?;
    Some(many.saturating_sub(few) / 1_000)
}

fn collected(row: &str, requests: usize) -> Option<u64> {
    let output = Command::new("valgrind")
        // Only what serves counts: setting up makes keys, which takes as long as it happens to take.
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*InProcess*serve*"])
        .arg(env::current_exe().expect("this program"))
        .args(["serve", row, &requests.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}
