//! Runs the demo: `cargo run --example demo`.
//!
//! `cargo run --example demo -- --folder target/demo --port 3000` names where its data lie and where it
//! listens; port 0 takes one that is free.

use std::{net::SocketAddr, path::PathBuf};

use demo::{Demo, Error};
use tokio::net::TcpListener;

struct Arguments {
    folder: PathBuf,
    port: u16,
}

fn arguments() -> Result<Arguments, Error> {
    let mut read = Arguments { folder: PathBuf::from("target/demo"), port: 3000 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--folder" => read.folder = value.into(),
            "--port" => read.port = value.parse().map_err(|_| "--port wants a number from 0 to 65535")?,
            _ => return Err(format!("{word} is not known; there are --folder and --port").into()),
        }
    }
    Ok(read)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let Arguments { folder, port } = arguments()?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("port {port} can't be used ({error}); choose another with --port"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    let demo = Demo::open(&folder, &origin).await?;
    let background = demo.vestibule.start();

    println!("The demo runs at {origin}\n");
    println!("People:\n{}", demo.seeded);
    println!("Codes and links arrive at {origin}/mailbox");
    println!("Data and key lie in {}. Stop with Ctrl-C.", folder.display());

    let service = demo.router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped()).await?;
    background.stop().await;
    Ok(())
}

async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
