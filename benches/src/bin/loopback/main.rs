//! Requests over loopback: HTTP/1.1, connections that stay, one thread that serves.
//!
//! `loopback [ROUNDS [SESSIONS]]` prints a table, by itself of 10,000 sessions; more rounds are for a machine that has
//! other work. `loopback serve ROW SESSIONS PORT` is what it starts for each row of it. Servers have the first
//! processor, the load the second. The load is made by wrk (Debian's package `wrk`); without `taskset` nothing is
//! bound to a processor, and the table says so.

use std::net::Ipv4Addr;

use vestibule_benches::{figures::median, pin, rows, served::Served};

const ROUNDS: usize = 7;
const SECONDS: u64 = 4;
const CONNECTIONS: usize = 32;
const SESSIONS: usize = 10_000;
const SCRIPT: &str = include_str!("random_client.lua");

/// Bare axum comes first: the others are compared with it.
const ROWS: &[&str] = &[
    rows::BARE,
    rows::FLOOR,
    rows::COOKIE_AROUND,
    #[cfg(feature = "peers")]
    vestibule_benches::peers::TOWER_SESSIONS,
    #[cfg(feature = "peers")]
    vestibule_benches::peers::AXUM_LOGIN,
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure(ROUNDS, SESSIONS),
        ["serve", row, sessions, port] => serve(row, number(sessions), port.parse().expect("a port")),
        [rounds] => measure(number(rounds), SESSIONS),
        [rounds, sessions] => measure(number(rounds), number(sessions)),
        _ => panic!("loopback [ROUNDS [SESSIONS]], or loopback serve ROW SESSIONS PORT"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// What one round of a row came to, as the columns of the table have it.
type Figures = [f64; COLUMNS.len()];

const COLUMNS: [&str; 4] = ["requests/s", "p50 µs", "p99 µs", "processor µs"];

fn measure(count: usize, sessions: usize) {
    let folder = tempfile::tempdir().unwrap();
    let servers: Vec<Served> =
        ROWS.iter().map(|row| Served::start(&[row, &sessions.to_string()], folder.path())).collect();
    let mut rounds: Vec<Vec<Figures>> = Vec::new();
    let mut busiest = Vec::new();
    for round in 0..=count {
        let seconds = if round == 0 { 1 } else { SECONDS };
        let measured: Vec<(Figures, f64)> = servers.iter().map(|server| one(server, seconds)).collect();
        // The first round warms up.
        if round > 0 {
            rounds.push(measured.iter().map(|(figures, _)| *figures).collect());
            busiest.extend(measured.iter().map(|(_, busy)| *busy));
        }
    }
    println!(
        "{sessions} sessions, {CONNECTIONS} connections, {count} rounds of {SECONDS} s; median, and \
         median of the ratio to {} in the same round",
        rows::BARE
    );
    println!("{}", pin::in_words());
    // Where it is far from all, the load was slower than the server, and requests a second tell nothing.
    println!("The serving thread was busy for {:.0} % of the time (median)", 100.0 * median(&busiest));
    let header: String = COLUMNS.iter().map(|column| format!("{column:>14}{:>8}", "")).collect();
    println!("{:<22}{header}", "");
    for (row, name) in ROWS.iter().enumerate() {
        let cells: String = (0..COLUMNS.len())
            .map(|column| {
                let values: Vec<f64> = rounds.iter().map(|rows| rows[row][column]).collect();
                let ratios: Vec<f64> = rounds.iter().map(|r| r[row][column] / r[0][column]).collect();
                let digits = usize::from(column > 0);
                format!("{:>14.digits$}{:>6.3} x", median(&values), median(&ratios))
            })
            .collect();
        println!("{name:<22}{cells}");
    }
}

/// One round of one row, and the share of the time that its server was busy.
fn one(server: &Served, seconds: u64) -> (Figures, f64) {
    let before = server.processor_time();
    let load = server.load(SCRIPT, "", CONNECTIONS, seconds);
    let spent = server.processor_time() - before;
    let figures =
        [load.requests / load.seconds, load.p50, load.p99, spent.as_secs_f64() * 1e6 / load.requests];
    (figures, spent.as_secs_f64() / load.seconds)
}

/// Prints the header of each client, then answers them with one thread.
fn serve(row: &str, sessions: usize, port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let row = rows::contestants(sessions, &|name| name == row).await.pop().expect("a row of this name");
        for (name, value) in row.credentials() {
            println!("{name}: {}", value.to_str().unwrap());
        }
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        row.listen(listener).await;
    });
}
