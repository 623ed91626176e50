//! The service and its messages, as they would be generated from this:
//!
//! ```proto
//! package bank;
//! service Ledger {
//!   rpc Balance (BalanceRequest) returns (BalanceReply);
//!   rpc Transfer (TransferRequest) returns (BalanceReply);
//!   rpc Close (CloseRequest) returns (BalanceReply);
//! }
//! message BalanceRequest {}
//! message TransferRequest { uint64 cents = 1; }
//! message CloseRequest {}
//! message BalanceReply { string owner = 1; uint64 cents = 2; }
//! ```

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tonic::{Request, Response, Status};
use vestibule::MemberSession;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BalanceRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TransferRequest {
    #[prost(uint64, tag = "1")]
    pub(crate) cents: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CloseRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BalanceReply {
    #[prost(string, tag = "1")]
    pub(crate) owner: String,
    #[prost(uint64, tag = "2")]
    pub(crate) cents: u64,
}

/// One account that all members share.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<AtomicU64>);

impl Ledger {
    pub(crate) fn new(cents: u64) -> Self {
        Self(Arc::new(AtomicU64::new(cents)))
    }

    pub(crate) async fn balance(
        self,
        request: Request<BalanceRequest>,
    ) -> Result<Response<BalanceReply>, Status> {
        reply(&request, self.0.load(Ordering::Relaxed))
    }

    pub(crate) async fn transfer(
        self,
        request: Request<TransferRequest>,
    ) -> Result<Response<BalanceReply>, Status> {
        let cents = request.get_ref().cents;
        let left = |held: u64| held.checked_sub(cents);
        let Ok(held) = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) else {
            return Err(Status::failed_precondition("there is not enough in the account"));
        };
        reply(&request, held - cents)
    }

    pub(crate) async fn close(
        self,
        request: Request<CloseRequest>,
    ) -> Result<Response<BalanceReply>, Status> {
        self.0.store(0, Ordering::Relaxed);
        reply(&request, 0)
    }
}

/// Whoever calls stands in the extensions, as with every other service.
fn reply<M>(request: &Request<M>, cents: u64) -> Result<Response<BalanceReply>, Status> {
    let session = request.extensions().get::<MemberSession>();
    let session = session.ok_or_else(|| Status::unauthenticated("there is no session"))?;
    Ok(Response::new(BalanceReply { owner: session.email_address().to_string(), cents }))
}
