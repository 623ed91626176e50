//! The demo as a process of its own, over a folder of its own.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

/// A demo that runs, until this is dropped.
pub(crate) struct Demo {
    folder: TempDir,
    running: Running,
}

struct Running {
    child: Child,
    origin: String,
    password: String,
    api: Api,
}

/// Where the API for servers lies, and what it takes to call it, as they were printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Api {
    pub(crate) origin: String,
    pub(crate) project_id: String,
    pub(crate) secret: String,
}

impl Demo {
    /// Starts it with nobody but those that it seeds, on a port that is free.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in seeded() {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let running = Running::start(&folder);
        Self { folder, running }
    }

    /// Kills it without a word of warning, and starts it again over the same folder. It listens on
    /// another port then.
    pub(crate) fn kill_and_start_again(&mut self) {
        self.running.kill();
        self.running = Running::start(&self.folder);
    }

    /// Scheme, host and port, such as `http://127.0.0.1:3000`.
    pub(crate) fn origin(&self) -> &str {
        &self.running.origin
    }

    pub(crate) fn api(&self) -> &Api {
        &self.running.api
    }

    /// Pat's password, as it was printed.
    pub(crate) fn password(&self) -> &str {
        &self.running.password
    }
}

impl Running {
    fn start(folder: &TempDir) -> Self {
        let program = program();
        let mut child = Command::new(&program)
            .args(["--port", "0", "--api-port", "0", "--folder"])
            .arg(folder.path())
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} can't be run ({error}); build it with cargo build --examples", program.display())
            });
        let printed = BufReader::new(child.stdout.take().unwrap());
        let (origin, password, api) = Default::default();
        let mut running = Self { child, origin, password, api };
        for line in printed.lines() {
            let line = line.unwrap();
            if let Some(origin) = line.strip_prefix("The demo runs at ") {
                running.origin = origin.trim().to_owned();
            } else if let Some(password) = line.trim().strip_prefix("password: ") {
                running.password = password.to_owned();
            } else if let Some(origin) = line.strip_prefix("Stytch's B2B API is served at ") {
                running.api.origin = origin.to_owned();
            } else if let Some(id) = line.trim().strip_prefix("project id") {
                running.api.project_id = id.trim().to_owned();
            } else if let Some(secret) = line.trim().strip_prefix("secret") {
                running.api.secret = secret.trim().to_owned();
            } else if line.starts_with("Data and key lie in ") {
                return running;
            }
        }
        panic!("the demo ended before it ran: {:?}", running.child.wait());
    }

    fn kill(&mut self) {
        // SIGKILL on Unix: nothing is flushed, nothing is said.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The files of a demo that was started once and killed: making its keys and hashing its password takes
/// longer than most tests.
fn seeded() -> &'static [(OsString, Vec<u8>)] {
    static FILES: OnceLock<Vec<(OsString, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        drop(Running::start(&folder));
        let files = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        // SQLite makes its index of the log anew.
        let files = files.filter(|file| !file.file_name().to_string_lossy().ends_with("-shm"));
        files.map(|file| (file.file_name(), fs::read(file.path()).unwrap())).collect()
    })
}

/// The example that cargo has built beside this test.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples").join(format!("demo{}", env::consts::EXE_SUFFIX))
}
