//! An example as a process of its own, on a port that is free.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

/// An example that runs, until this is dropped.
pub(crate) struct Example {
    child: Child,
    origin: String,
    /// What it has printed after that on the same line.
    pub(crate) besides: String,
    /// The line that says where it runs.
    pub(crate) announcement: String,
    // Kept open, so that what it prints later does not fail.
    _printed: BufReader<ChildStdout>,
}

impl Example {
    pub(crate) fn start(name: &str) -> Self {
        Self::start_with(name, &[], &[])
    }

    /// Starts it with arguments and with variables of the environment, and waits until it listens.
    pub(crate) fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        // Beside this test, where cargo has built it.
        let test = env::current_exe().unwrap();
        let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
        let program = profile.join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX));
        let mut child = Command::new(&program)
            .args(arguments)
            .env("PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} can't be run ({error}); build it with cargo build --examples", program.display())
            });
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while printed.read_line(&mut line).unwrap() > 0 {
            if let Some((_, rest)) = line.split_once(" runs at ") {
                let (origin, besides) = rest.trim_end().split_once(';').unwrap_or((rest.trim_end(), ""));
                let (origin, besides) = (origin.to_owned(), besides.to_owned());
                return Self { child, origin, besides, announcement: line, _printed: printed };
            }
            line.clear();
        }
        panic!("{name} ended before it ran: {:?}", child.wait());
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }
}

impl Example {
    /// Stops it as it is: whoever asks gets a connection and no answer.
    pub(crate) fn hang(&self) {
        let stopped = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "it can't be stopped");
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.stop();
    }
}
