//! Serves HTTP/1.1 until it is stopped.

use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};
use tower_service::Service;
use vestibule::PeerAddress;

use crate::{
    impatient::Impatient,
    proxy::{Body, Piecewise},
};

/// How long a request's head may take to arrive.
const HEAD: Duration = Duration::from_secs(30);

/// How long requests under way may take once it is stopped.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` completes, and then the requests that are under way. No request's body may pause for
/// longer than `idle`, whoever reads it, and no client may take nothing of an answer for as long.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    service: S,
    idle: Duration,
    stop: impl Future<Output = ()>,
) where
    S: Service<Request<Piecewise>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let (stopping, _) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, service.clone(), idle, stopping.subscribe()));
            }
            Err(error) => {
                // Out of sockets, perhaps: some will be closed.
                tracing::error!(%error, "no connection could be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    stopping.send_replace(());
    if timeout(GRACE, stopping.closed()).await.is_err() {
        tracing::warn!("some requests were still under way");
    }
}

async fn connection<S>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    idle: Duration,
    mut stopping: watch::Receiver<()>,
) where
    S: Service<Request<Piecewise>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(service);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(PeerAddress(peer));
        service.call(request.map(|body| Piecewise::new(body, idle)))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let stream = TokioIo::new(Impatient::new(stream, idle));
    let mut serving = pin!(http.serve_connection(stream, service).with_upgrades());
    let served = tokio::select! {
        served = serving.as_mut() => served,
        _ = stopping.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection has failed");
    }
}
