//! Runs the gateway: `cargo run --example gateway -- --config examples/gateway/gateway.toml`.
//!
//! It signs people in, in front of an application that knows nothing of it, and tells the application who
//! they are. See `docs/gateway.md`.

mod assembly;
mod config;
mod impatient;
mod options;
mod path;
mod problem;
mod proxy;
mod routes;
mod server;
mod terminal;

use std::{env, future::pending, process::ExitCode};

use clap::Parser;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tower_layer::Layer;

use crate::{
    config::Config,
    options::Options,
    problem::{Problem, missing},
    proxy::Proxy,
    routes::Routes,
};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                eprintln!("{problem}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Vec<Problem>> {
    let (config, mut problems) = config::read(options.config.as_deref(), env::vars_os(), &options.keys());
    let rules = config::rules(&config, &mut problems);
    if config.upstream.url.is_none() {
        missing("upstream.url", "; write http://127.0.0.1:9000", &mut problems);
    }
    if config.development && !config.listen.ip().is_loopback() {
        problems
            .push(Problem::new("listen", "is no address of this machine alone, and this is for development"));
    }
    let listener =
        if options.check || !problems.is_empty() { None } else { listen(&config, &mut problems).await };
    let origin = config.origin.clone().or_else(|| development_origin(&config, listener.as_ref()));
    let vestibule = assembly::vestibule(&config, origin.clone(), options.check, &mut problems).await;
    let (Some(vestibule), Some(origin), Some(url)) = (vestibule, origin, &config.upstream.url) else {
        return Err(problems);
    };
    let Some(listener) = listener else {
        println!("The configuration is right.");
        return Ok(());
    };

    let proxy =
        Proxy::new(vestibule.clone(), url.0.clone(), &config.upstream, &origin, config.trusted_proxies)
            .map_err(|error| vec![Problem::new("origin", error.to_string())])?;
    let routes = Routes::new(&vestibule, rules, proxy);
    let service = vestibule.session_layer().layer(vestibule.auth_layer().layer(routes));
    let background = vestibule.start();
    if let Ok(address) = listener.local_addr() {
        println!("The gateway listens at {address}, for {origin}, in front of http://{}", url.0);
    }
    server::serve(listener, service, config.upstream.idle_timeout.0, stopped()).await;
    background.stop().await;
    Ok(())
}

async fn listen(config: &Config, problems: &mut Vec<Problem>) -> Option<TcpListener> {
    match TcpListener::bind(config.listen).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            problems.push(Problem::new("listen", format!("{} can't be used: {error}", config.listen)));
            None
        }
    }
}

/// In development it is wherever it listens.
fn development_origin(config: &Config, listener: Option<&TcpListener>) -> Option<String> {
    let address = listener.and_then(|listener| listener.local_addr().ok()).unwrap_or(config.listen);
    config.development.then(|| format!("http://{address}"))
}

/// Completes at Ctrl-C, or when the system ends the process.
async fn stopped() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = pending::<()>();
    tokio::select! {
        () = interrupted => {}
        _ = terminated => {}
    }
}
