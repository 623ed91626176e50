//! Wrong codes, each said to come from somewhere else: whoever sends them stays one client, who is limited.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderValue, StatusCode};

use super::{
    ground::{Course, DOMAIN, Ground, Sent, Stop, fresh_name},
    sign_in::served,
};
use crate::{
    PeerAddress,
    test::{KitError, client::Client},
};

/// What proxies and networks for the delivery of content say by.
const SAYS: [&str; 7] = [
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "forwarded",
];

/// A limit above this is none.
const MOST: u32 = 1000;

pub(super) async fn made_up_addresses(ground: &Ground) -> Course {
    served(ground).await?;
    let settings = &ground.kit.vestibule().engine().settings;
    if settings.limits.failures_per_client.count > MOST {
        let why = format!("limits.failures_per_client lets one client fail more than {MOST} times");
        return Err(Stop::NotApplicable(why));
    }
    // Of nobody (RFC 5737, RFC 3849), and others than those of the try before.
    let at = |host: u8| IpAddr::V4(Ipv4Addr::new(203, 0, 113, host));
    if !is_limited(ground, at(1), |_| None).await? {
        let why = "the router does not know the addresses of its peers, so that it limits no client";
        return Err(Stop::NotApplicable(why.to_owned()));
    }
    let v6 = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x5a, 1, 0, 0, 0, 2));
    for peer in [at(2), v6] {
        must_limit(ground, peer, "who asks directly", |made_up| made_up).await?;
    }
    for (number, proxies) in (3..).zip(settings.trusted_proxies.iter().take(8)) {
        // The proxy adds who has asked it to what that has said.
        let behind = |made_up: String| format!("{made_up}, {}", at(number));
        must_limit(ground, proxies.addr(), "who asks a trusted proxy", behind).await?;
    }
    Ok(())
}

async fn must_limit(ground: &Ground, peer: IpAddr, who: &str, says: impl Fn(String) -> String) -> Course {
    if is_limited(ground, peer, |made_up| Some(says(made_up))).await? {
        return Ok(());
    }
    let seen = format!("{who} and makes an address up for each wrong code met no limit per client");
    Err(Stop::Broken(seen))
}

/// Whether somebody is stopped who fails once more than a client may, each time for somebody else.
async fn is_limited(
    ground: &Ground,
    peer: IpAddr,
    says: impl Fn(String) -> Option<String>,
) -> Result<bool, KitError> {
    let most = ground.kit.vestibule().engine().settings.limits.failures_per_client.count;
    for number in 0..=most {
        let [.., high, low] = number.to_be_bytes();
        let made_up = format!("198.18.{high}.{low}");
        let answer = ground.send(wrong_code(ground, peer, says(made_up).as_deref())?).await?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A code that nobody was sent, for an address that nobody has tried.
fn wrong_code(ground: &Ground, peer: IpAddr, says: Option<&str>) -> Result<Sent, KitError> {
    let address = format!("{}@{DOMAIN}", fresh_name("nobody")?);
    let fields = [("email_address", address.as_str()), ("code", "000000")];
    let mut request = Client::new(&ground.kit).posting("code", &fields)?;
    request.extensions_mut().insert(PeerAddress((peer, 4711).into()));
    for (name, text) in says.into_iter().flat_map(|says| SAYS.map(|name| (name, says))) {
        let text = if name == "forwarded" { format!("for={text}") } else { text.to_owned() };
        let value = HeaderValue::try_from(text).map_err(|error| KitError::Service(error.to_string()))?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}
