//! A real proxy in front of the example, configured by the file that the documentation shows.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::common::Example;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Traefik,
    Envoy,
}

impl Kind {
    /// nginx and Caddy; Traefik and Envoy, which Debian does not have, where they are installed.
    pub(crate) fn all() -> Vec<Self> {
        let there = |kind: &Self| Command::new(kind.program()).arg("--help").output().is_ok();
        let others = [Self::Traefik, Self::Envoy].into_iter().filter(there);
        [Self::Nginx, Self::Caddy].into_iter().chain(others).collect()
    }

    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Traefik => "traefik",
            Self::Envoy => "envoy",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
            Self::Traefik => "traefik-dynamic.yml",
            Self::Envoy => "envoy.yaml",
        }
    }

    /// The configuration that the documentation shows.
    pub(crate) fn configuration(self) -> String {
        fs::read_to_string(format!("{}/forward_auth/{}", env!("CARGO_MANIFEST_DIR"), self.file())).unwrap()
    }

    /// The same with HTTP/2 in plaintext besides, and the host at which it is spoken.
    pub(crate) fn speaking_http2(self) -> (String, &'static str) {
        let (listening, besides, host) = match self {
            // Before 1.25, nginx speaks one of the two at one address.
            Self::Nginx => ("listen 127.0.0.1:8080;", "listen 127.0.0.2:8080 http2;", "127.0.0.2"),
            Self::Caddy => ("auto_https off", "servers {\nprotocols h1 h2c\n}", "127.0.0.1"),
            Self::Traefik | Self::Envoy => return (self.configuration(), "127.0.0.1"),
        };
        let changed = self.configuration().replacen(listening, &format!("{listening}\n{besides}"), 1);
        assert!(changed.contains(besides));
        (changed, host)
    }

    fn command(self, folder: &Path, address: SocketAddr) -> Command {
        let file = folder.join(self.file());
        let mut command = Command::new(self.program());
        command.current_dir(folder).env("HOME", folder);
        match self {
            Self::Nginx => command
                .args(["-e", "stderr", "-g", "daemon off; master_process off;", "-p"])
                .arg(folder)
                .arg("-c")
                .arg(file),
            Self::Caddy => command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file),
            Self::Traefik => command
                .args(["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"])
                .arg(format!("--entryPoints.web.address={address}"))
                .arg(format!("--providers.file.filename={}", file.display())),
            Self::Envoy => command.args(["--disable-hot-restart", "-c"]).arg(file),
        };
        command
    }
}

/// A proxy and the example behind it, which run until this is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) example: Example,
    _running: Running,
}

impl Proxy {
    /// In front of the example's own application.
    pub(crate) fn start(kind: Kind) -> Self {
        Self::before(kind, None)
    }

    /// In front of another application.
    pub(crate) fn before(kind: Kind, application: Option<SocketAddr>) -> Self {
        started(kind, |address| {
            let example =
                Example::start_with("forward_auth", &[], &[("ORIGIN", &*format!("http://{address}"))]);
            let vestibule = example.address().parse().unwrap();
            let own = example.besides.split_once(" the application at http://").expect("it is told").1;
            let application = application.unwrap_or_else(|| own.parse().unwrap());
            let text = kind.configuration();
            let running = Running::try_start(kind, &text, address, vestibule, application)?;
            Some(Self { address, example, _running: running })
        })
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Whatever runs behind a port that was free: somebody else may have taken it since.
fn started<T>(kind: Kind, start: impl Fn(SocketAddr) -> Option<T>) -> T {
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    (0..5).find_map(|_| start(free())).unwrap_or_else(|| panic!("{kind:?} does not start"))
}

/// A proxy that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Running {
    /// Between clients, a Vestibule and an application.
    pub(crate) fn between(kind: Kind, vestibule: SocketAddr, application: SocketAddr) -> Self {
        Self::configured(kind, &kind.configuration(), vestibule, application)
    }

    /// The same, with a configuration that says something else than the documentation's.
    pub(crate) fn configured(
        kind: Kind,
        configuration: &str,
        vestibule: SocketAddr,
        application: SocketAddr,
    ) -> Self {
        started(kind, |address| Self::try_start(kind, configuration, address, vestibule, application))
    }

    fn try_start(
        kind: Kind,
        configuration: &str,
        address: SocketAddr,
        vestibule: SocketAddr,
        application: SocketAddr,
    ) -> Option<Self> {
        let mut text = configuration.to_owned();
        for (port, real) in [(3000, vestibule), (3001, application), (8080, address)] {
            text = text
                .replace(&format!("127.0.0.1:{port}"), &real.to_string())
                .replace(&format!("127.0.0.2:{port}"), &format!("127.0.0.2:{}", real.port()))
                .replace(&format!("http://:{port}"), &format!("http://:{}", real.port()))
                .replace(&format!("port_value: {port}"), &format!("port_value: {}", real.port()));
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(kind.file()), text).unwrap();
        let mut command = kind.command(folder.path(), address);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{kind:?} can't be run: {error}"));
        let mut running = Self { address, child, _folder: folder };
        running.is_ready().then_some(running)
    }

    /// Waits until it asks Vestibule; false if it has ended instead.
    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().unwrap().is_none() {
            if self.refuses_a_stranger().unwrap_or(false) {
                return true;
            }
            assert!(Instant::now() < deadline, "the proxy runs and does not ask");
            sleep(Duration::from_millis(20));
        }
        false
    }

    fn refuses_a_stranger(&self) -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(self.address)?;
        connection.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 401 "))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
