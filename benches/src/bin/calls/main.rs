//! Calls of the API for servers over loopback: HTTP/1.1, connections that stay, one thread that serves.
//!
//! `calls [SECONDS]` prints a table: `sessions/authenticate` by the token and by a JWT, of 1, 100 and 1,000 sessions that
//! are called in random order, over SQLite. `calls serve SESSIONS PORT` is what it starts for each. The server has the
//! first processor, the load of wrk the second.

mod server;

use vestibule_benches::{pin, served::Served};

const SECONDS: u64 = 10;
const CONNECTIONS: usize = 16;
const SESSIONS: [usize; 3] = [1, 100, 1_000];
const SCRIPT: &str = include_str!("calls.lua");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure(SECONDS),
        [seconds] => measure(seconds.parse().expect("a number of seconds")),
        ["serve", sessions, port] => {
            server::serve(sessions.parse().expect("a number"), port.parse().expect("a port"));
        }
        _ => panic!("calls [SECONDS], or calls serve SESSIONS PORT"),
    }
}

fn measure(seconds: u64) {
    println!("sessions/authenticate over loopback, {CONNECTIONS} connections, {seconds} s each, RS256");
    println!("{}", pin::in_words());
    println!("{:<12}{:<8}{:>12}{:>10}{:>10}", "sessions", "by", "calls/s", "p50 ms", "p99 ms");
    for sessions in SESSIONS {
        let folder = tempfile::tempdir().unwrap();
        let server = Served::start(&[&sessions.to_string()], folder.path());
        for by in ["session_token", "session_jwt"] {
            // Once to warm up: so that what is measured is how it goes on.
            server.load(SCRIPT, by, CONNECTIONS, 1);
            let load = server.load(SCRIPT, by, CONNECTIONS, seconds);
            println!(
                "{sessions:<12}{:<8}{:>12.0}{:>10.2}{:>10.2}",
                by.trim_start_matches("session_"),
                load.requests / load.seconds,
                load.p50 / 1e3,
                load.p99 / 1e3
            );
        }
    }
}
