//! The API, served.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
};

use axum::Router;
use vestibule::{JwtAlgorithm, domain::Secret, store::sqlite::SqliteStore};
use vestibule_benches::vestibules::{OneKey, People, SESSIONS_PER_MEMBER, builder, create_all, sign_in_all};

const SECRET: &str = "secret-test-of-the-benchmark";

/// `project-test-…:SECRET` of development, for Basic authentication.
const CREDENTIALS: &str = "cHJvamVjdC10ZXN0LTAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMDpzZWNyZXQtdGVzdC1vZi10aGUtYmVuY2htYXJr";

/// Prints the credentials and every session, then answers calls with one thread.
pub fn serve(sessions: usize, port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("calls.db")).await.unwrap();
        let vestibule = builder(JwtAlgorithm::Rs256).master_keys(OneKey).store(store).build().await.unwrap();
        let background = vestibule.start();
        let people = People { sessions, sessions_per_member: SESSIONS_PER_MEMBER };
        create_all(&vestibule, people).await;
        let tokens = sign_in_all(&vestibule, people).await;
        let mut out = std::io::stdout().lock();
        writeln!(out, "authorization: Basic {CREDENTIALS}").unwrap();
        for token in &tokens {
            let session = vestibule.current_session(token).await.unwrap();
            let jwt = vestibule.session_jwt(&session).await.unwrap();
            writeln!(out, "session_token: {token}\nsession_jwt: {}", jwt.expose()).unwrap();
        }
        drop(out);
        let api = vestibule.wire_api().secret("benchmark", Secret::new(SECRET)).service().unwrap();
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let api = Router::new().fallback_service(api);
        axum::serve(listener, api.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
        background.stop().await;
    });
}
