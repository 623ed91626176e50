//! One row in a process of its own.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Child,
    thread::sleep,
    time::Duration,
};

use vestibule_benches::{pin, rows};

use super::SESSIONS;

/// What /proc counts in: USER_HZ, a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// Prints the header of each client, then answers them.
pub fn serve(row: &str, port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let row = rows::contestants(SESSIONS, &|name| name == row).await.pop().expect("a row of this name");
        for (name, value) in row.credentials() {
            println!("{name}: {}", value.to_str().unwrap());
        }
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        row.listen(listener).await;
    });
}

/// A server that was started; it ends with this.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
    /// The file with the headers of its clients.
    pub headers: PathBuf,
}

impl Server {
    pub fn start(row: &str, folder: &Path) -> Self {
        // Given back at once, for the server to take.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let headers = folder.join(address.port().to_string());
        let program = std::env::current_exe().unwrap();
        let mut process = pin::to_processor(0, program.to_str().unwrap())
            .args(["serve", row, &address.port().to_string()])
            .stdout(File::create(&headers).unwrap())
            .spawn()
            .unwrap();
        while TcpStream::connect(address).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "{row} did not start");
            sleep(Duration::from_millis(50));
        }
        Self { process, address, headers }
    }

    /// What it has spent of the processor's time so far, for itself and in the system.
    pub fn processor_time(&self) -> Duration {
        let line = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // The name of the program stands in brackets and may hold anything.
        let fields: Vec<&str> = line.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u32 = fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap();
        TICK * ticks
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
