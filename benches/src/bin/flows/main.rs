//! Complete sign-ins and step-ups in this process, through the routes, as a program with JSON takes them.
//!
//! Over SQLite with its real fsync, and over the memory store in the same rounds, so that the difference is
//! what durability costs; with RS256 and with EdDSA, so that theirs is what signing costs.
//! `flows [FOLDER]`: where the files lie for the time being, if not in the system's temporary folder.

mod clock;
mod disk;
mod mail;
mod person;
mod world;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use person::{Flow, Person};
use vestibule::JwtAlgorithm;
use vestibule_benches::figures::{median, quantile};
use world::{BETWEEN_FLOWS, World};

const ROUNDS: usize = 5;
const AT_ONCE: [usize; 2] = [1, 16];

/// A JWT comes right after the sign-in; whatever takes a code of the app comes in a later time step.
const FLOWS: [(Flow, Duration); 4] = [
    (Flow::SignIn, BETWEEN_FLOWS),
    (Flow::Jwt, Duration::ZERO),
    (Flow::StepUp, BETWEEN_FLOWS),
    (Flow::ByPassword, BETWEEN_FLOWS),
];

/// What was measured of one flow in one world with so many at once.
#[derive(Default)]
struct Measured {
    /// Flows a second, one figure a round.
    rates: Vec<f64>,
    /// Milliseconds of each step, in the order in which they are taken.
    steps: Vec<(&'static str, Vec<f64>)>,
}

impl Measured {
    fn add(&mut self, step: &'static str, took: Duration) {
        let took = took.as_secs_f64() * 1e3;
        match self.steps.iter_mut().find(|(name, _)| *name == step) {
            Some((_, times)) => times.push(took),
            None => self.steps.push((step, vec![took])),
        }
    }

    fn step(&self, step: &str) -> &[f64] {
        &self.steps.iter().find(|(name, _)| *name == step).unwrap().1
    }
}

#[tokio::main]
async fn main() {
    let folder = match std::env::args().nth(1) {
        Some(folder) => tempfile::tempdir_in(PathBuf::from(folder)),
        None => tempfile::tempdir(),
    }
    .unwrap();
    let commit = disk::commits(folder.path());
    let mut worlds = [
        World::in_sqlite("SQLite, RS256", JwtAlgorithm::Rs256, folder.path()).await,
        World::in_sqlite("SQLite, EdDSA", JwtAlgorithm::EdDsa, folder.path()).await,
        World::in_memory("memory, RS256").await,
    ];
    // [at once][flow][world]
    let mut measured: [[[Measured; 3]; FLOWS.len()]; AT_ONCE.len()] = Default::default();
    // The first round warms up.
    for round in 0..=ROUNDS {
        for (at_once, measured) in AT_ONCE.iter().zip(&mut measured) {
            for ((flow, before), measured) in FLOWS.iter().zip(measured) {
                for (world, measured) in worlds.iter_mut().zip(measured) {
                    world.clock.advance(*before);
                    let rate = everybody(world, *flow, *at_once).await;
                    let took = world.people.iter_mut().flat_map(|person| person.took.drain(..));
                    if round > 0 {
                        measured.rates.push(rate);
                        took.for_each(|(step, took)| measured.add(step, took));
                    } else {
                        took.for_each(drop);
                    }
                }
            }
        }
    }
    println!(
        "An appended page and its fsync, without SQLite: p50 {:.2} ms, p99 {:.2} ms",
        median(&commit),
        quantile(&commit, 0.99)
    );
    for (at_once, measured) in AT_ONCE.iter().zip(&measured) {
        table(*at_once, &worlds, measured);
    }
    shares(&measured[0]);
}

/// Everybody in a world goes through a flow, so many at once; answers how many did a second.
async fn everybody(world: &mut World, flow: Flow, at_once: usize) -> f64 {
    let count = world.people.len();
    let waiting: Arc<Mutex<Vec<Person>>> = Arc::new(Mutex::new(std::mem::take(&mut world.people)));
    let began = Instant::now();
    let tasks: Vec<_> = (0..at_once)
        .map(|_| {
            let waiting = Arc::clone(&waiting);
            tokio::spawn(async move {
                let mut done = Vec::new();
                let next = || waiting.lock().unwrap().pop();
                while let Some(mut person) = next() {
                    person.go_through(flow).await;
                    done.push(person);
                }
                done
            })
        })
        .collect();
    for task in tasks {
        world.people.extend(task.await.unwrap());
    }
    count as f64 / began.elapsed().as_secs_f64()
}

fn table(at_once: usize, worlds: &[World; 3], flows: &[[Measured; 3]; FLOWS.len()]) {
    println!("\n{at_once} at the same time; milliseconds");
    let names: String = worlds.iter().map(|world| format!("{:>22}", world.name)).collect();
    println!("{:<42}{names}", "");
    println!("{:<42}{}", "", format!("{:>11}{:>11}", "p50", "p99").repeat(worlds.len()));
    for ((flow, _), measured) in FLOWS.iter().zip(flows) {
        let rates: String =
            measured.iter().map(|measured| format!("{:>20.0}/s", median(&measured.rates))).collect();
        println!("{:<42}{rates}", flow.name());
        for (step, _) in &measured[0].steps {
            let cells: String = measured
                .iter()
                .map(|measured| measured.step(step))
                .map(|times| format!("{:>11.3}{:>11.3}", median(times), quantile(times, 0.99)))
                .collect();
            println!("  {step:<40}{cells}");
        }
    }
}

/// Where the time goes of one at a time: medians of the same rounds, one from the other.
fn shares(flows: &[[Measured; 3]; FLOWS.len()]) {
    println!("\nOf the milliseconds of one at a time over SQLite with RS256 (medians):");
    let all = |measured: &Measured| median(measured.step("all of it"));
    for ((flow, _), [rs256, eddsa, memory]) in FLOWS.iter().zip(flows) {
        let (whole, without) = (all(rs256), all(memory));
        let durable = 100.0 * (whole - without) / whole;
        print!("{:<42}{whole:>9.3}, SQLite {durable:>3.0} %", flow.name());
        match flow {
            Flow::Jwt => println!(", RS256 beyond EdDSA {:.0} %", 100.0 * (whole - all(eddsa)) / whole),
            Flow::ByPassword => {
                let hashing = median(rs256.step("password, for what is asked"));
                println!(", the step that hashes {:.0} %", 100.0 * hashing / whole);
            }
            Flow::SignIn | Flow::StepUp => println!(),
        }
    }
}
