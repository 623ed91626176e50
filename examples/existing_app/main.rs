//! An application with users and a login of its own, before and after it got Vestibule:
//! `cargo run --example existing_app`, and `cargo run --example existing_app before`.
//!
//! `diff -u examples/existing_app/before.rs examples/existing_app/after.rs` shows what it took. Two files
//! are new: `setup.rs` configures Vestibule, `directory.rs` tells it of the tables. `PORT` and `DATABASE` say
//! where it listens, and where the tables lie.

mod after;
mod before;
mod directory;
mod failure;
mod logins;
mod pages;
mod setup;
mod users;

use std::{env, net::SocketAddr};

use failure::Error;
use tokio::net::TcpListener;
use users::{PASSWORD, Users};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let before = env::args().nth(1).is_some_and(|word| word == "before");
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let database = env::var("DATABASE").unwrap_or_else(|_| "target/existing_app.db".to_owned());

    let users = Users::open(&database).await?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let (router, _background) = if before {
        (before::router(users), None)
    } else {
        let vestibule = setup::vestibule(users.clone(), &origin).await?;
        let background = vestibule.start();
        (after::router(users, vestibule), Some(background))
    };

    println!("The application {} runs at {origin}", if before { "as it was" } else { "with Vestibule" });
    println!("ada@acme.example (who is asked for a second factor), gina and henk@globex.example may log in,");
    println!("with the password: {PASSWORD}\n");
    println!(
        "  curl -c jar -d email=gina@globex.example --data-urlencode 'password={PASSWORD}' {origin}/login"
    );
    println!("  curl -b jar {origin}/invoices");
    println!("  curl -b jar -X POST {origin}/payments   # with Vestibule: not without a second factor");
    println!(
        "  curl -b jar -d email=henk@globex.example -d disabled=true {origin}/people/user-henk   # henk is out"
    );

    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
