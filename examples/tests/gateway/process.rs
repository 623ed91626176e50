//! The gateway as a process of its own.

use std::{env, io::Write, net::SocketAddr, path::PathBuf, process::Stdio};

use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{application::Application, wire::in_time};

/// A gateway that runs until this is dropped.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    printed: Lines<BufReader<ChildStdout>>,
    child: Child,
    _file: NamedTempFile,
}

impl Gateway {
    /// One in front of an application, where everything takes a member session.
    pub(crate) async fn before(application: &Application) -> Self {
        Self::with(application, "", "").await
    }

    /// One with more keys in the section of the application, and more sections.
    pub(crate) async fn with(application: &Application, upstream: &str, sections: &str) -> Self {
        let text = format!(
            "development = true\nlisten = '127.0.0.1:0'\njwt_algorithm = 'EdDSA'\n\
             [upstream]\nurl = 'http://{}'\n{upstream}\n{sections}",
            application.address
        );
        Self::of(&text).await
    }

    /// One that is configured like this.
    pub(crate) async fn of(toml: &str) -> Self {
        let file = written(toml);
        let mut child = command()
            .arg("--config")
            .arg(file.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = in_time(printed.next_line()).await.unwrap().expect("the gateway ended before it ran");
            if let Some(rest) = line.strip_prefix("The gateway listens at ") {
                break rest.split(',').next().unwrap().parse().unwrap();
            }
        };
        Self { address, printed, child, _file: file }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells it to stop, as a system does.
    #[cfg(unix)]
    pub(crate) async fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    }

    /// Whether it ended well.
    #[cfg(unix)]
    pub(crate) async fn ends_well(&mut self) -> bool {
        in_time(self.child.wait()).await.unwrap().success()
    }

    /// The next code that is printed.
    pub(crate) async fn code(&mut self) -> String {
        loop {
            let line = in_time(self.printed.next_line()).await.unwrap().expect("the gateway has ended");
            let mut words = line.split(|letter: char| !letter.is_ascii_digit());
            if let Some(code) = words.find(|word| word.len() == 6) {
                return code.to_owned();
            }
        }
    }
}

/// The example that cargo has built beside this test, with nothing of the environment.
pub(crate) fn command() -> Command {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let program: PathBuf = profile.join("examples").join(format!("gateway{}", env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is not there; build it with cargo build --examples", program.display());
    let mut command = Command::new(program);
    command.env_clear();
    command
}

pub(crate) fn written(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}
