//! wrk, which makes calls about a random session each.

use std::fs;

use vestibule_benches::pin;

use super::server::Server;

/// What wrk measured.
pub struct Load {
    pub calls: f64,
    pub seconds: f64,
    /// Microseconds.
    pub p50: f64,
    pub p99: f64,
}

/// Calls with the tokens or the JWTs of the server's sessions.
///
/// # Panics
/// When there is no wrk, or an answer was none of success.
pub fn put_on(server: &Server, by: &str, connections: usize, seconds: u64) -> Load {
    let script = server.printed.with_extension("lua");
    fs::write(&script, include_str!("calls.lua")).unwrap();
    let output = pin::to_processor(1, "wrk")
        .args(["-t1", "--latency", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"])
        .arg(script)
        .arg(format!("http://{}/", server.address))
        .env("PRINTED", &server.printed)
        .env("BY", by)
        .output()
        .expect("wrk: install it, such as by `apt-get install wrk`");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("figures "));
    let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    let figures: Vec<f64> = line.split(' ').map(|figure| figure.parse().unwrap()).collect();
    let [calls, microseconds, p50, p99, failed] = figures[..] else { panic!("{line}") };
    assert!(failed == 0.0, "{failed} of {calls} calls failed");
    Load { calls, seconds: microseconds / 1e6, p50, p99 }
}
