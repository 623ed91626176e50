//! Runs the demo: `cargo run --example demo`.
//!
//! `cargo run --example demo -- --folder target/demo --port 3000` names where its data lie and where it
//! listens; port 0 takes one that is free. `--api-port 3001` is where Stytch's B2B API is served.

use std::{future::IntoFuture, net::SocketAddr, path::PathBuf};

use demo::{Demo, Error, LINKS_LEAD_TO};
use tokio::net::TcpListener;

struct Arguments {
    folder: PathBuf,
    port: u16,
    api_port: u16,
}

fn arguments() -> Result<Arguments, Error> {
    let mut read = Arguments { folder: PathBuf::from("target/demo"), port: 3000, api_port: 3001 };
    let number =
        |word: &str, value: &str| value.parse().map_err(|_| format!("{word} wants a number from 0 to 65535"));
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--folder" => read.folder = value.into(),
            "--port" => read.port = number(&word, &value)?,
            "--api-port" => read.api_port = number(&word, &value)?,
            _ => return Err(format!("{word} is not known; there are --folder, --port and --api-port").into()),
        }
    }
    Ok(read)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let Arguments { folder, port, api_port } = arguments()?;
    let listener = listen(port, "--port").await?;
    let api_listener = listen(api_port, "--api-port").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let demo = Demo::open(&folder, &origin).await?;
    let background = demo.vestibule.start();

    println!("The demo runs at {origin}\n");
    println!("People:\n{}", demo.seeded);
    println!("Codes and links arrive at {origin}/mailbox");
    println!("Stytch's B2B API is served at http://{}", api_listener.local_addr()?);
    println!("  project id  {}\n  secret      {}", demo.api.project_id, demo.api.secret);
    println!("  links lead to {LINKS_LEAD_TO}, or to any other address of this machine that a call names");
    println!("Data and key lie in {}. Stop with Ctrl-C.", folder.display());

    let service = demo.router.into_make_service_with_connect_info::<SocketAddr>();
    let api = axum::Router::new().fallback_service(demo.api.service);
    let api = api.into_make_service_with_connect_info::<SocketAddr>();
    let pages = axum::serve(listener, service).with_graceful_shutdown(stopped());
    let calls = axum::serve(api_listener, api).with_graceful_shutdown(stopped());
    tokio::try_join!(pages.into_future(), calls.into_future())?;
    background.stop().await;
    Ok(())
}

async fn listen(port: u16, option: &str) -> Result<TcpListener, Error> {
    let listening = TcpListener::bind(("127.0.0.1", port)).await;
    listening
        .map_err(|error| format!("port {port} can't be used ({error}); choose another with {option}").into())
}

async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
