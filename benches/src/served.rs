//! A server in a process of its own, and the load that wrk puts on it.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Child,
    thread::sleep,
    time::Duration,
};

use crate::pin;

/// What /proc counts in: USER_HZ, a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// A server that was started; it ends with this.
pub struct Served {
    process: Child,
    address: SocketAddr,
    /// The file with what it has printed: what its clients send.
    printed: PathBuf,
}

/// What wrk measured.
pub struct Load {
    pub requests: f64,
    pub seconds: f64,
    /// Microseconds.
    pub p50: f64,
    pub p99: f64,
}

impl Served {
    /// Starts this program once more, as `serve WHAT… PORT`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(what: &[&str], folder: &Path) -> Self {
        // Given back at once, for the server to take.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let printed = folder.join(address.port().to_string());
        let program = std::env::current_exe().unwrap();
        let mut process = pin::to_processor(0, program.to_str().unwrap())
            .arg("serve")
            .args(what)
            .arg(address.port().to_string())
            .stdout(File::create(&printed).unwrap())
            .spawn()
            .unwrap();
        while TcpStream::connect(address).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "{what:?} did not start");
            sleep(Duration::from_millis(50));
        }
        assert!(fs::metadata(&printed).unwrap().len() > 0);
        Self { process, address, printed }
    }

    /// What it has spent of the processor's time so far, for itself and in the system.
    pub fn processor_time(&self) -> Duration {
        let line = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // The name of the program stands in brackets and may hold anything.
        let fields: Vec<&str> = line.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u32 = fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap();
        TICK * ticks
    }

    /// Runs a script of wrk, which finds what was printed in the file `PRINTED`, and `BY` as it is given.
    ///
    /// # Panics
    /// When there is no wrk, or an answer was none of success.
    pub fn load(&self, script: &str, by: &str, connections: usize, seconds: u64) -> Load {
        let file = self.printed.with_extension("lua");
        fs::write(&file, script).unwrap();
        let output = pin::to_processor(1, "wrk")
            .args(["-t1", "--latency", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"])
            .arg(file)
            .arg(format!("http://{}/", self.address))
            .env("PRINTED", &self.printed)
            .env("BY", by)
            .output()
            .expect("wrk: install it, such as by `apt-get install wrk`");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("figures "));
        let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        let figures: Vec<f64> = line.split(' ').map(|figure| figure.parse().unwrap()).collect();
        let [requests, microseconds, p50, p99, failed] = figures[..] else { panic!("{line}") };
        assert!(failed == 0.0, "{failed} of {requests} requests failed");
        Load { requests, seconds: microseconds / 1e6, p50, p99 }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
