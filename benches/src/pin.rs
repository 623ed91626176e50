//! Processes that are bound to one processor.

use std::{
    process::{Command, Stdio},
    sync::LazyLock,
};

static TASKSET: LazyLock<bool> = LazyLock::new(|| {
    let mut ask = Command::new("taskset");
    ask.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
});

/// A command that is to run on this processor, where that can be had.
pub fn to_processor(processor: usize, program: &str) -> Command {
    if !*TASKSET {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    // It becomes the program: the number of the process stays.
    command.args(["-c", &processor.to_string(), program]);
    command
}

pub fn in_words() -> &'static str {
    if *TASKSET {
        "Servers are bound to processor 0, the load to processor 1"
    } else {
        "Nothing is bound to a processor: there is no taskset"
    }
}
