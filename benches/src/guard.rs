//! Holds what the hot path costs against what is recorded.

use std::{collections::BTreeMap, fs, process::exit};

use vestibule_benches::rows;

/// What a request costs.
pub struct Counts {
    pub allocations: u64,
    /// Nothing where they can't be counted.
    pub instructions: Option<u64>,
}

/// Fails when a row's allocations over bare axum's are more than recorded, or its instructions over bare
/// axum's more than 5 % above what is recorded (or 50, where that is more: processors differ by some). Both are counted in this run.
pub fn check(file: &str, count: impl Fn(&str) -> Counts) {
    let record = fs::read_to_string(file).expect("the record");
    let bare = count(rows::BARE);
    let mut failed = false;
    for (row, (allocations, instructions)) in read(&record) {
        let counts = count(row);
        let more = counts.allocations.saturating_sub(bare.allocations);
        failed |= tell(row, "allocations", more, allocations, more > allocations);
        let (Some(all), Some(bare)) = (counts.instructions, bare.instructions) else {
            println!("valgrind is not there: the instructions of {row:?} were not counted");
            continue;
        };
        let more = all.saturating_sub(bare);
        failed |= tell(row, "instructions", more, instructions, more > instructions + margin(instructions));
    }
    if failed {
        eprintln!("the hot path costs more than {file} records; make it cheaper, or say there why not");
        exit(1);
    }
}

fn margin(instructions: u64) -> u64 {
    (instructions / 20).max(50)
}

fn tell(row: &str, what: &str, counted: u64, recorded: u64, too_many: bool) -> bool {
    let verdict = if too_many { "  <- too many" } else { "" };
    println!("{row}: {counted} {what} over bare axum, {recorded} recorded{verdict}");
    too_many
}

/// Lines of `row | allocations | instructions`.
fn read(record: &str) -> BTreeMap<&str, (u64, u64)> {
    let lines = record.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [row, allocations, instructions] = fields[..] else { panic!("not a record: {line}") };
            (row, (allocations.parse().expect("a number"), instructions.parse().expect("a number")))
        })
        .collect()
}
