//! Times requests in this process, beside bare axum and the peers.
//!
//! `requests [SESSIONS…]`: one table for each number of sessions; 1, 10,000 and 1,000,000 by default.

use std::{env, path::Path, process::Command};

use vestibule_benches::{Contestant, rounds, rows};

/// The number of sessions at which JWTs are measured.
const JWTS_AT: usize = 10_000;

fn main() {
    let asked: Vec<usize> = env::args().skip(1).map(|n| n.parse().expect("a number of sessions")).collect();
    let sessions = if asked.is_empty() { vec![1, 10_000, 1_000_000] } else { asked };
    for sessions in sessions {
        eprintln!("signing in {sessions} …");
        // A JWT is checked alike however many there are: one table has them.
        let wanted = |name: &str| sessions == JWTS_AT || !rows::is_of_jwts(name);
        times(sessions, || rounds::runtime().block_on(rows::contestants(sessions, &wanted)));
    }
    counts();
}

/// One thread and two, each as a multiple of bare axum in the same rounds.
fn times(sessions: usize, sign_in: impl Fn() -> Vec<Contestant>) {
    let mut contestants = sign_in();
    eprintln!("measuring {} rows …", contestants.len());
    let one = rounds::times(&contestants, sessions, 1);
    if sessions == JWTS_AT {
        // JWTs last five minutes.
        contestants = sign_in();
    }
    let two = rounds::times(&contestants, sessions, 2);
    println!("\n### {sessions} sessions\n");
    println!("| | ns | × bare | two threads: requests a second | of bare's |");
    println!("|---|--:|--:|--:|--:|");
    for ((row, one), two) in contestants.iter().zip(&one).zip(&two) {
        println!(
            "| {} | {:.0} | {:.2} | {:.0} | {:.2} |",
            row.name,
            one.nanoseconds,
            one.ratio,
            1e9 / two.nanoseconds,
            1.0 / two.ratio,
        );
    }
}

/// Allocations, and instructions where valgrind is there, counted by the program beside this one.
fn counts() {
    let count = env::current_exe().unwrap().with_file_name("count");
    let bare = counted(&count, rows::BARE);
    println!("\n### One request with one session, added to bare axum's");
    println!("\n| | allocations | bytes | instructions |\n|---|--:|--:|--:|");
    let instructions = bare.instructions.map_or_else(|| "–".to_owned(), |count| count.to_string());
    println!("| {} | {} | {} | {instructions} |", rows::BARE, bare.allocations, bare.bytes);
    for row in rows::names().iter().filter(|row| *row != rows::BARE) {
        let counted = counted(&count, row);
        let added = counted.instructions.zip(bare.instructions).map(|(all, bare)| all - bare);
        println!(
            "| {row} | {:+} | {:+} | {} |",
            counted.allocations - bare.allocations,
            counted.bytes - bare.bytes,
            added.map_or_else(|| "–".to_owned(), |added| format!("{added:+}")),
        );
    }
}

struct Counted {
    allocations: i64,
    bytes: i64,
    /// Nothing where they could not be counted.
    instructions: Option<i64>,
}

fn counted(count: &Path, row: &str) -> Counted {
    let output = Command::new(count).args(["all", row]).output().expect("the program count");
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    let [allocations, bytes, instructions] = words[..] else { panic!("{row}: {text}") };
    Counted {
        allocations: allocations.parse().expect("a number"),
        bytes: bytes.parse().expect("a number"),
        instructions: instructions.parse().ok(),
    }
}
